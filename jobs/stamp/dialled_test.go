package stamp

import (
	"errors"
	"testing"

	"carat/jobs/config"
	"carat/pipeline/source/reach"
)

// An authority of time stamps lies at no address of a link or a cloud's metadata, and at a
// private one only where carat.yaml lets it: the address that is dialled is judged.
func TestAuthorityIsDialledWhereAllowed(t *testing.T) {
	c := &config.Config{}
	for _, address := range []string{"https://169.254.169.254/tsr", "http://[fe80::1]/tsr", "http://10.0.0.1/tsr", "http://127.0.0.1:1/tsr"} {
		if r, err := client(c).Get(address); !errors.Is(err, reach.ErrForbidden) {
			t.Errorf("%s: %v %v", address, r, err)
		}
	}
	c.Timestamp.Allow = reach.Loopback
	if r, err := client(c).Get("http://127.0.0.1:1/tsr"); err == nil || errors.Is(err, reach.ErrForbidden) {
		t.Errorf("where it is allowed: %v %v", r, err)
	}
}
