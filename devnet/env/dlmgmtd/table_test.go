// SPDX-License-Identifier: CDDL-1.0

package dlmgmtd

import (
	"fmt"
	"testing"

	"dlsim/devnet/env/envtest"
	"dlsim/sim"
	"dlsim/sim/strategy/dpor"
)

// TestTableLockPrefersNobody: a reader can overtake a writer that waits, which a krwlock
// would never allow, and a writer excludes everybody.
func TestTableLockPrefersNobody(t *testing.T) {
	seen := make(envtest.Seen)
	envtest.Clean(t, 2000, func(st *sim.Thread) {
		l := new(tableLock)
		l.init(st.World(), 1)
		readers, writers := 0, 0
		envtest.Check(st, l.read(st), "dead")
		readers++
		writer := st.Spawn("writer", func(t *sim.Thread) {
			l.write(t)
			writers++
			envtest.Check(t, readers == 0 && writers == 1, "writer with %d readers", readers)
			t.Yield()
			writers--
			l.unlock(t)
		})
		reader := st.Spawn("reader", func(t *sim.Thread) {
			waiting := writer.Pending().Type == opTableWrite && !writer.Enabled()
			l.read(t)
			readers++
			envtest.Equal(t, "writers beside a reader", writers, 0)
			switch {
			case waiting && !writer.Done() && readers == 2:
				seen["reader overtook the writer"]++
			case writer.Done():
				seen["writer first"]++
			}
			t.Yield()
			readers--
			l.unlock(t)
		})
		st.Yield()
		readers--
		l.unlock(st)
		st.Join(writer)
		st.Join(reader)
	})
	seen.All(t, "reader overtook the writer", "writer first")
}

func TestTableLockIsNotRecursive(t *testing.T) {
	envtest.Fails(t, 1, sim.KindDeadlock, "TABLE", func(st *sim.Thread) {
		l := new(tableLock)
		l.init(st.World(), 1)
		l.write(st)
		l.write(st)
	})
}

// TestTableLockDiesWithItsProcess: whoever waits goes on and is told.
func TestTableLockDiesWithItsProcess(t *testing.T) {
	envtest.Clean(t, 300, func(st *sim.Thread) {
		l := new(tableLock)
		l.init(st.World(), 1)
		l.write(st)
		st.Spawn("reader", func(t *sim.Thread) { envtest.Check(t, !l.read(t), "read a dead table") })
		st.Spawn("writer", func(t *sim.Thread) { envtest.Check(t, !l.write(t), "wrote a dead table") })
		st.Yield()
		l.die(st)
		envtest.Check(st, !l.unlock(st), "the holder was not told")
	})
}

// TestDeadTableOrdersNobody: who finds the process dead takes nothing, so that it makes no difference who comes first; who
// comes before its death does.
func TestDeadTableOrdersNobody(t *testing.T) {
	alive := func(st *sim.Thread, l *tableLock) bool {
		if !l.read(st) {
			return false
		}
		return l.unlock(st)
	}
	envtest.Searched(t, 300, 4, func(st *sim.Thread, end func(string)) {
		l := new(tableLock)
		l.init(st.World(), 1)
		var a, b bool
		one := st.Spawn("one", func(t *sim.Thread) { a = alive(t, l) })
		two := st.Spawn("two", func(t *sim.Thread) { b = alive(t, l) })
		st.Yield()
		l.die(st)
		st.Join(one)
		st.Join(two)
		end(fmt.Sprint(a, b))
	})
	w := sim.New()
	defer w.Close()
	s := new(dpor.Search)
	for s.Next(w.Run(sim.Config{}, s, func(st *sim.Thread) {
		l := new(tableLock)
		l.init(st.World(), 1)
		l.die(st)
		for range 3 {
			st.Spawn("reader", func(t *sim.Thread) { l.read(t) })
			st.Spawn("writer", func(t *sim.Thread) { l.write(t) })
		}
	})) {
	}
	if n := s.Coverage().Executions; n != 1 {
		t.Errorf("%d executions, want 1", n)
	}
}
