// SPDX-License-Identifier: CDDL-1.0

package strategy

import "dlsim/sim"

// priorities gives every pending operation a random priority of its own: it is drawn when
// the operation is first compared and forgotten when it is carried out.
type priorities struct {
	stream *sim.Stream
	of     []uint64 // by thread id; 0 is not drawn
}

func (p *priorities) reset(s *sim.Stream) { p.stream, p.of = s, p.of[:0] }

// get returns the priority of thread id's pending operation, which is not 0.
func (p *priorities) get(id int) uint64 {
	for id >= len(p.of) {
		p.of = append(p.of, 0)
	}
	if p.of[id] == 0 {
		p.of[id] = p.stream.Uint64() | 1
	}
	return p.of[id]
}

// forget lets the next get draw again.
func (p *priorities) forget(id int) {
	if id < len(p.of) {
		p.of[id] = 0
	}
}
