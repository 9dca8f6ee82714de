//go:build linux || darwin || freebsd

package control

import "testing"

func TestCallersAreToldApartByTheirUser(t *testing.T) {
	for _, c := range []struct {
		name   string
		caller uint32
		let    bool
	}{
		{"ourselves", 1000, true},
		{"root", 0, true},
		{"another user", 1001, false},
	} {
		if err := allowCaller(c.caller, 1000); (err == nil) != c.let {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
