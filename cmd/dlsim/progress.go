// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress shows how far something that runs schedules is, on a terminal, once it has taken
// a second.
type progress struct {
	a        *app
	name     string
	total    int64
	start    time.Time
	pool     *mpb.Progress
	bar      *mpb.Bar
	disabled bool
}

const progressAfter = time.Second

// progress begins to show it. total is the number of schedules, 0 if that is not known.
func (a *app) progress(name string, total int64) *progress {
	return &progress{a: a, name: name, total: total, start: time.Now(), disabled: !a.errTerminal}
}

// progress is silent when the run is to be.
func (s *session) progress(name string, total int64) *progress {
	p := s.app.progress(name, total)
	p.disabled = p.disabled || s.flags.quiet
	return p
}

// update is told the number of schedules so far, by one goroutine.
func (p *progress) update(done int64) {
	if p.disabled || p.bar == nil && time.Since(p.start) < progressAfter {
		return
	}
	if p.bar == nil {
		p.pool = mpb.New(mpb.WithOutput(p.a.err), mpb.WithWidth(40))
		decorators := []decor.Decorator{decor.CurrentNoUnit(" %d schedules ")}
		if p.total > 0 {
			decorators = []decor.Decorator{
				decor.CountersNoUnit(" %d/%d schedules "), decor.AverageETA(decor.ET_STYLE_GO),
			}
		}
		p.bar = p.pool.AddBar(p.total, mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(p.name+" ")), mpb.AppendDecorators(decorators...))
		p.bar.DecoratorAverageAdjust(p.start)
	}
	p.bar.SetCurrent(done)
}

// done takes the bar away.
func (p *progress) done() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.pool.Wait()
	}
}
