// SPDX-License-Identifier: CDDL-1.0

package env_test

import (
	"testing"

	"dlsim/devnet/env"
	"dlsim/devnet/env/envtest"
	"dlsim/sim"
)

func TestErrnoNames(t *testing.T) {
	for i, e := range env.Errnos() {
		if i > 0 && e <= env.Errnos()[i-1] {
			t.Errorf("%v is out of order", e)
		}
		if back, ok := env.ParseErrno(e.String()); !ok || back != e {
			t.Errorf("%v parses as %v, %v", e, back, ok)
		}
	}
	if _, ok := env.ParseErrno("EWHAT"); ok {
		t.Error("parsed EWHAT")
	}
	if env.Errno(0).String() != "0" || env.Errno(77).String() != "77" {
		t.Error("errnos without a name")
	}
}

func TestAThreadWithoutContextIsTheKernels(t *testing.T) {
	envtest.Clean(t, 1, func(st *sim.Thread) {
		envtest.Equal(st, "context", env.Of(st), env.Context{})
		st.SetLocal(&env.Context{Zone: 5, User: true})
		envtest.Equal(st, "zone", env.Of(st).Zone, 5)
		st.Join(st.Spawn("task", func(t *sim.Thread) { envtest.Check(t, !env.Of(t).User, "inherited") }))
	})
}
