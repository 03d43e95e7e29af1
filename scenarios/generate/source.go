// SPDX-License-Identifier: CDDL-1.0

package generate

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// Source decides what is generated.
type Source interface {
	// Int returns a number in [0, n), n >= 1. label says what for.
	Int(label string, n int) int
}

// drawn draws from rapid.
type drawn struct{ t *rapid.T }

func (d drawn) Int(label string, n int) int { return rapid.IntRange(0, n-1).Draw(d.t, label) }

// Genome is a Source that can be written down, changed and used again: it gives the numbers that
// it holds, each modulo what is asked for, then such as its generator draws, and keeps those too.
type Genome struct {
	numbers []uint16
	at      int
	rng     *rand.PCG
}

// NewGenome returns an empty genome, whose numbers the seed decides.
func NewGenome(seed uint64) *Genome { return &Genome{rng: rand.NewPCG(seed, 0x67656e6f6d65)} }

// Clone returns a genome of the numbers that g has used; beyond them the seed decides.
func (g *Genome) Clone(seed uint64) *Genome {
	out := NewGenome(seed)
	out.numbers = append(out.numbers, g.used()...)
	return out
}

// used returns the numbers that have been given, or all of a genome that was never asked.
func (g *Genome) used() []uint16 {
	if g.at == 0 {
		return g.numbers
	}
	return g.numbers[:g.at]
}

// Int implements Source.
func (g *Genome) Int(_ string, n int) int {
	if g.at == len(g.numbers) {
		g.numbers = append(g.numbers, uint16(g.rng.Uint64()))
	}
	g.at++
	return int(g.numbers[g.at-1]) % n
}

// Mutate returns a genome that differs from g in a few places: numbers that are others, and, once
// in a while, a stretch that is left out or stands twice. The seed decides where.
func (g *Genome) Mutate(seed uint64) *Genome {
	r := rand.New(rand.NewPCG(seed, 0x6d7574617465))
	out := g.Clone(seed)
	if len(out.numbers) == 0 {
		return out
	}
	for range 1 + r.IntN(4) {
		out.numbers[r.IntN(len(out.numbers))] = uint16(r.Uint32())
	}
	from := r.IntN(len(out.numbers))
	to := min(from+1+r.IntN(8), len(out.numbers))
	stretch := append([]uint16(nil), out.numbers[from:to]...)
	rest := append([]uint16(nil), out.numbers[to:]...)
	switch r.IntN(6) {
	case 0:
		out.numbers = append(out.numbers[:from], rest...)
	case 1:
		out.numbers = append(append(out.numbers[:to], stretch...), rest...)
	}
	return out
}

// String writes the numbers that were used, or all if none was yet, separated by commas.
func (g *Genome) String() string {
	var b strings.Builder
	for i, x := range g.used() {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(int(x)))
	}
	return b.String()
}

// ParseGenome reads what String has written; beyond its end the seed decides.
func ParseGenome(text string, seed uint64) (*Genome, error) {
	g := NewGenome(seed)
	for f := range strings.SplitSeq(text, ",") {
		x, err := strconv.ParseUint(f, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number of a genome", f)
		}
		g.numbers = append(g.numbers, uint16(x))
	}
	return g, nil
}

// pick draws one of the given values.
func pick[T any](s Source, label string, from ...T) T { return from[s.Int(label, len(from))] }

// between draws a number from low to high.
func between(s Source, label string, low, high int) int { return low + s.Int(label, high-low+1) }

// oneIn draws true with probability 1/n. Shrinking goes towards false.
func oneIn(s Source, label string, n int) bool { return s.Int(label, n) == n-1 }
