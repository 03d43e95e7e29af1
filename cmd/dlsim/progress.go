// SPDX-License-Identifier: CDDL-1.0

package main

import (
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"dlsim/sim/explore"
)

// progress shows how far a campaign is, on a terminal, once it has taken a second.
type progress struct {
	s        *session
	name     string
	total    int64
	start    time.Time
	pool     *mpb.Progress
	bar      *mpb.Bar
	disabled bool
}

const progressAfter = time.Second

func (s *session) progress(name string, c explore.Config) *progress {
	return &progress{
		s: s, name: name, total: c.Schedules, start: time.Now(),
		disabled: !s.errTerminal || s.flags.quiet,
	}
}

// update is called by the campaign, from one goroutine.
func (p *progress) update(done int64) {
	if p.disabled || p.bar == nil && time.Since(p.start) < progressAfter {
		return
	}
	if p.bar == nil {
		p.pool = mpb.New(mpb.WithOutput(p.s.err), mpb.WithWidth(40))
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
