// SPDX-License-Identifier: CDDL-1.0

package sim

// timers is a binary heap of sleeping threads, the one that wakes first on top; of two
// that wake at the same time, the older thread.
type timers struct{ heap []*Thread }

func (h *timers) reset()         { h.heap = h.heap[:0] }
func (h *timers) len() int       { return len(h.heap) }
func (h *timers) first() *Thread { return h.heap[0] }

func (h *timers) before(i, j int) bool {
	a, b := h.heap[i], h.heap[j]
	return a.wake < b.wake || a.wake == b.wake && a.id < b.id
}

func (h *timers) swap(i, j int) { h.heap[i], h.heap[j] = h.heap[j], h.heap[i] }

func (h *timers) push(t *Thread) {
	h.heap = append(h.heap, t)
	for i := len(h.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !h.before(i, up) {
			return
		}
		h.swap(i, up)
		i = up
	}
}

func (h *timers) pop() *Thread {
	t := h.heap[0]
	last := len(h.heap) - 1
	h.heap[0] = h.heap[last]
	h.heap = h.heap[:last]
	for i := 0; ; {
		least := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < last && h.before(child, least) {
				least = child
			}
		}
		if least == i {
			return t
		}
		h.swap(i, least)
		i = least
	}
}
