package pages_test

import (
	"context"
	"encoding/pem"
	"net/http"
	"net/http/cookiejar"
)

// t0 is a context of what tests share, which no single one of them ends.
func t0() context.Context { return context.Background() }

func jar() http.CookieJar {
	j, err := cookiejar.New(nil)
	if err != nil {
		panic(err)
	}
	return j
}

func pemOf(block *pem.Block) []byte { return pem.EncodeToMemory(block) }
