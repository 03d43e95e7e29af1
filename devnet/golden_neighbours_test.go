// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"fmt"
	"strings"

	"dlsim/devnet/env"
	"dlsim/devnet/env/mac"
	"dlsim/sim"
)

// goldenDDI is the device tree of the model: drivers by name.
type goldenDDI struct {
	g       *golden
	drivers map[string]env.Major
}

func (d *goldenDDI) MajorToName(m env.Major) (string, bool) {
	for name, major := range d.drivers {
		if major == m {
			return name, true
		}
	}
	return "", false
}

func (d *goldenDDI) NameToMajor(name string) (env.Major, bool) {
	m, ok := d.drivers[name]
	return m, ok
}

func (d *goldenDDI) HoldDeviByInstance(t *sim.Thread, _ env.Major, _ int) bool {
	return d.g.fault(t, "iptun_dip", "") == 0
}

func (d *goldenDDI) ReleaseDevi(*sim.Thread, env.Major, int) {}

// goldenSoftmac is the softmac of the model: devices that are created in one go.
type goldenSoftmac struct {
	g    *golden
	devs []*goldenDevice
}

type goldenDevice struct {
	mac                         *mac.MAC
	hold                        int
	lazy, detached, nosupp, rec bool // rec: NEED_RECREATE
}

func (s *goldenSoftmac) add(m *mac.MAC, a *goldenArgs) {
	s.devs = append(s.devs, &goldenDevice{
		mac: m, lazy: a.bare("lazy"), detached: a.bare("detached"), nosupp: a.bare("nosupp"),
	})
}

func (s *goldenSoftmac) byMAC(name string) *goldenDevice {
	for _, d := range s.devs {
		if d.mac.Name == name {
			return d
		}
	}
	return nil
}

const mediaEther = 4

// describe asks the daemon for a device's link.
func (s *goldenSoftmac) describe(t *sim.Thread, d *goldenDevice) (env.LinkID, env.Errno) {
	dls := &s.g.k.DLS
	id, err := dls.MgmtCreate(t, d.mac.Name, d.mac.Dev, env.ClassPhys, mediaEther, true)
	if err != 0 {
		return 0, err
	}
	other, media, err := dls.MgmtUpdate(t, d.mac.Name, mediaEther, d.nosupp)
	if err == env.EEXIST {
		_ = dls.MgmtDestroy(t, other, media == mediaEther)
	}
	return id, err
}

// create is softmac_create and its task.
func (s *goldenSoftmac) create(t *sim.Thread, d *goldenDevice) env.Errno {
	d.detached, d.lazy = false, false
	id, err := s.describe(t, d)
	if err != 0 && err != env.EBADF {
		return err
	}
	if !d.nosupp {
		if err := s.g.k.DLS.DevnetCreate(t, d.mac, id, env.Of(t).Zone); err != 0 {
			return err
		}
	}
	d.rec = id == 0
	return 0
}

// destroy is softmac_destroy.
func (s *goldenSoftmac) destroy(t *sim.Thread, d *goldenDevice) env.Errno {
	if d.hold > 0 || d.detached || d.lazy {
		return env.EBUSY
	}
	if _, err := s.g.k.DLS.DevnetDestroy(t, d.mac, false); err != 0 {
		return err
	}
	d.detached = true
	return 0
}

// Recreate is softmac_recreate.
func (s *goldenSoftmac) Recreate(t *sim.Thread) {
	for _, d := range s.devs {
		if !d.rec {
			continue
		}
		d.hold++
		if id, err := s.describe(t, d); err == 0 {
			if !d.nosupp {
				_ = s.g.k.DLS.DevnetRecreate(t, d.mac, id)
			}
			d.rec = false
		}
		d.hold--
	}
}

// HoldDevice is softmac_hold_device, which attaches the device first.
func (s *goldenSoftmac) HoldDevice(t *sim.Thread, dev env.Dev) (env.Device, env.Errno) {
	if err := s.g.fault(t, "softmac_hold", ""); err != 0 {
		return nil, err
	}
	for _, d := range s.devs {
		if d.mac.Dev != dev || d.detached {
			continue
		}
		if d.lazy {
			if err := s.create(t, d); err != 0 {
				return nil, err
			}
		}
		d.hold++
		return d, 0
	}
	return nil, env.ENOENT
}

// ReleDevice is softmac_rele_device.
func (s *goldenSoftmac) ReleDevice(_ *sim.Thread, h env.Device) {
	if h != nil {
		h.(*goldenDevice).hold--
	}
}

// goldenIptun is the tunnel driver of the model.
type goldenIptun struct {
	g       *golden
	tunnels []*goldenTunnel
	created int
}

type goldenTunnel struct {
	id      env.LinkID
	mac     *mac.MAC
	zone    env.ZoneID
	pending bool
}

// Create is iptun_create.
func (i *goldenIptun) Create(t *sim.Thread, ik env.Tunnel, cred env.ZoneID) env.Errno {
	if err := i.g.fault(t, "iptun_create", ""); err != 0 {
		return err
	}
	k := &i.g.k
	if _, err := k.DLS.MgmtLinkName(t, ik.Link); err != 0 {
		return err
	}
	m, err := k.MAC.Register(t, fmt.Sprintf("iptun%d", i.created), env.ClassIptun, nil)
	if err != 0 {
		return err
	}
	i.created++
	m.Dev = env.Dev{Major: i.g.ddi.drivers["iptun"], Minor: uint32(i.created)}
	tun := &goldenTunnel{id: ik.Link, mac: m, zone: cred}
	i.tunnels = append(i.tunnels, tun)
	if err := k.DLS.DevnetCreate(t, m, ik.Link, cred); err != 0 {
		i.remove(tun)
		return err
	}
	return 0
}

var opIptunDelete = &sim.OpType{Name: "iptun_delete", Access: sim.Local}

// Delete is iptun_delete.
func (i *goldenIptun) Delete(t *sim.Thread, id env.LinkID, cred env.ZoneID) env.Errno {
	t.LogPoint(opIptunDelete, nil)
	if err := i.g.fault(t, "iptun_delete", ""); err != 0 {
		t.Logf("iptun_delete %d -> %s", id, err)
		return err
	}
	t.Logf("iptun_delete %d", id)
	var tun *goldenTunnel
	for _, x := range i.tunnels {
		if x.id == id {
			tun = x
		}
	}
	switch {
	case tun == nil:
		return env.ENOENT
	case tun.zone != cred:
		return env.EACCES
	}
	k := &i.g.k
	tun.pending = true
	_, err := k.DLS.DevnetDestroy(t, tun.mac, true)
	if err == 0 {
		if err = i.disable(t, tun.mac); err != 0 {
			_ = k.DLS.DevnetCreate(t, tun.mac, id, tun.zone)
		} else {
			i.remove(tun)
		}
	}
	tun.pending = false
	return err
}

func (i *goldenIptun) disable(t *sim.Thread, m *mac.MAC) env.Errno {
	if err := i.g.fault(t, "mac_disable", m.Name); err != 0 {
		return err
	}
	switch {
	case m.Ref() > 0:
		return env.EBUSY
	case m.Flows() > 0:
		return env.ENOTEMPTY
	}
	return 0
}

func (i *goldenIptun) remove(tun *goldenTunnel) {
	i.g.k.MAC.Remove(tun.mac)
	for n, x := range i.tunnels {
		if x == tun {
			i.tunnels = append(i.tunnels[:n], i.tunnels[n+1:]...)
			return
		}
	}
}

// goldenFault is what a fault line says of one point.
type goldenFault struct {
	point, which string
	values       []string
}

func (g *golden) addFault(word string) {
	point, values, _ := strings.Cut(word, "=")
	f := &goldenFault{values: strings.Split(values, ",")}
	f.point, f.which, _ = strings.Cut(point, ":")
	g.faults = append(g.faults, f)
}

// takeFault uses the next value for a point up; "" if there is none.
func (g *golden) takeFault(point, which string) string {
	for _, f := range g.faults {
		if f.point == point && (f.which == "" || f.which == which) && len(f.values) > 0 {
			v := f.values[0]
			f.values = f.values[1:]
			return v
		}
	}
	return ""
}

// fault is the env.Fault of all layers.
func (g *golden) fault(_ *sim.Thread, point, which string) env.Errno {
	switch v := g.takeFault(point, which); v {
	case "", "ok":
		return 0
	default:
		return goldenErrno(v)
	}
}

func goldenErrno(name string) env.Errno {
	if e, ok := env.ParseErrno(name); ok {
		return e
	}
	return env.Errno(number(name))
}
