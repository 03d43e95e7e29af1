// SPDX-License-Identifier: CDDL-1.0

package generate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Pairs are the operations that have met: in one program, by different threads, on the same link
// or one of them on the system as a whole. The zero value is empty.
type Pairs struct{ met map[pair]bool }

type pair struct{ a, b string } // a <= b

func pairOf(a, b string) pair { return pair{min(a, b), max(a, b)} }

// Has reports whether two operations have met.
func (p *Pairs) Has(a, b string) bool { return p.met[pairOf(a, b)] }

// Len returns how many have.
func (p *Pairs) Len() int { return len(p.met) }

// Add notes what meets in a draft, and returns how many pairs are new.
func (p *Pairs) Add(d *Draft) int {
	before := len(p.met)
	for i, t := range d.threads {
		for _, u := range d.threads[i+1:] {
			for j := range t.steps {
				for k := range u.steps {
					if s, v := &t.steps[j], &u.steps[k]; s.link == "" || v.link == "" || s.link == v.link {
						p.add(pairOf(s.op, v.op))
					}
				}
			}
		}
	}
	return len(p.met) - before
}

func (p *Pairs) add(x pair) {
	if p.met == nil {
		p.met = make(map[pair]bool)
	}
	p.met[x] = true
}

// Possible returns how many pairs the generator can make: all of its operations but those that
// one thread keeps to itself, which cannot meet each other.
func Possible() int {
	n := 0
	ops := operations()
	for i, a := range ops {
		for _, b := range ops[i:] {
			if keeper(a) == "" || keeper(a) != keeper(b) {
				n++
			}
		}
	}
	return n
}

// keeper names the thread that alone does an operation, "" if any may.
func keeper(op string) string {
	for _, group := range []string{"zone_", "daemon_"} {
		if strings.HasPrefix(op, group) {
			return group
		}
	}
	return ""
}

// operations returns the operations that the generator uses, sorted.
func operations() []string {
	seen := map[string]bool{
		"rele": true, "rele_tmp": true, "close": true, "stream_detach": true, "prop_task_wait": true,
		"daemon_resume": true, "daemon_start": true, "cont": true,
	}
	for _, g := range gestures() {
		seen[g.op] = g.op != "repeat"
	}
	maps.DeleteFunc(seen, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(seen))
}

// String says how many pairs have met.
func (p *Pairs) String() string {
	return fmt.Sprintf("%d of %d pairs of operations have met (%.0f%%)", p.Len(), Possible(), 100*float64(p.Len())/float64(Possible()))
}

// Encode returns the pairs as sorted lines, for a file.
func (p *Pairs) Encode() string {
	var lines []string
	for x := range p.met {
		lines = append(lines, x.a+" "+x.b+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// Decode adds the pairs that Encode has written.
func (p *Pairs) Decode(text string) error {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) != 2 {
			return fmt.Errorf("%q is not a pair of operations", strings.TrimSpace(line))
		}
		p.add(pairOf(f[0], f[1]))
	}
	return nil
}
