// SPDX-License-Identifier: CDDL-1.0

package devnet

import (
	"math"
	"strconv"
	"strings"

	"dlsim/devnet/env"
)

// isIptunLink is the macro IS_IPTUN_LINK (C:80-81): names, without their number, whose open
// makes a tunnel, as Solaris 10 did.
func isIptunLink(drv string) bool { return tunnelType(drv) != env.TunnelUnset }

// tunnelType tells the macros IS_IPV4_TUN, IS_IPV6_TUN and IS_6TO4_TUN (C:77-79) apart.
func tunnelType(drv string) env.TunnelType {
	switch drv {
	case "ip.tun":
		return env.TunnelIPv4
	case "ip6.tun":
		return env.TunnelIPv6
	case "ip.6to4tun":
		return env.Tunnel6to4
	}
	return env.TunnelUnset
}

// tunnelMedia are DL_IPV4, DL_IPV6 and DL_6TO4 (sys/dlpi.h).
var tunnelMedia = map[env.TunnelType]env.Media{
	env.TunnelIPv4: 0x80000001,
	env.TunnelIPv6: 0x80000002,
	env.Tunnel6to4: 0x80000003,
}

// dlsMinor2Inst is DLS_MINOR2INST (environment.md 7.4).
func dlsMinor2Inst(minor uint32) int { return int(minor) - 1 }

// dlsPpa2Minor is DLS_PPA2MINOR (environment.md 7.4).
func dlsPpa2Minor(ppa uint32) uint32 { return ppa%1000 + 1 }

// ddiParseDlen is ddi_parse_dlen (environment.md 7.4): a name into driver and number; false if
// there is no number at its end, or if either part does not fit.
func ddiParseDlen(name string) (drv string, ppa uint32, ok bool) {
	drv = strings.TrimRight(name, "0123456789")
	n, err := strconv.ParseUint(name[len(drv):], 10, 64)
	if err != nil || n >= math.MaxUint32 || drv == "" || len(drv) >= env.MaxLinkNameLen {
		return "", 0, false
	}
	return drv, uint32(n), true
}
