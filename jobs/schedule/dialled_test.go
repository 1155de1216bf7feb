package schedule

import (
	"errors"
	"net/url"
	"testing"

	"carat/pipeline/source/reach"
)

// A webhook is called at no address of a link or a cloud's metadata, and at a private one only
// where carat.yaml lets it; at this machine where its address names it.
func TestReceiverIsDialledWhereAllowed(t *testing.T) {
	for address, forbidden := range map[string]bool{
		"https://169.254.169.254/x": true, "http://[fe80::1]/x": true, "http://10.0.0.1/x": true, "http://127.0.0.1:1/x": false,
	} {
		to, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		r, err := noticeClient(to, nil).Get(address)
		if err == nil || errors.Is(err, reach.ErrForbidden) != forbidden {
			t.Errorf("%s: %v %v", address, r, err)
		}
		// Its address may be a name that resolves there.
		outside, _ := url.Parse("https://hooks.example/x")
		if r, err := noticeClient(outside, nil).Get(address); !errors.Is(err, reach.ErrForbidden) {
			t.Errorf("%s behind a name: %v %v", address, r, err)
		}
	}
}
