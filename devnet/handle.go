// SPDX-License-Identifier: CDDL-1.0

package devnet

import "dlsim/devnet/env"

// HandleMAC returns the name of the MAC and the linkid of a link that the caller holds, zero values
// for no handle. It is not an operation: for recording what a hold was of.
func HandleMAC(h env.DLHandle) (mac string, id env.LinkID) {
	p, ok := h.(Ptr)
	if !ok || p.IsNil() {
		return "", env.InvalidLinkID
	}
	return p.Peek().ddMac.Peek(), p.Peek().ddLinkid.Peek()
}
