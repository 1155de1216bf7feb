package ingest_test

import (
	"flag"
	"os"
	"testing"
)

// Each draw of a property here makes a lake, so there are few; -rapid.checks
// asks for more.
const propertyChecks = "15"

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", propertyChecks); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
