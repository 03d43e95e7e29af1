// SPDX-License-Identifier: CDDL-1.0

package devnet

// mhErr is a result of the mod_hash functions, 0 for success.
type mhErr int

const (
	mhErrDuplicate mhErr = -2 // MH_ERR_DUPLICATE
	mhErrNotFound  mhErr = -3 // MH_ERR_NOTFOUND
)

// modHash is a mod_hash_t of dls_devnet_t (environment.md 3.5). The lock of a hash is a leaf,
// and i_dls_devnet_lock is held at every call, so that no call is a scheduling point.
type modHash[K comparable] map[K]Ptr

// create is mod_hash_create_idhash and mod_hash_create_extended: an empty hash in the
// memory of the one of the last schedule.
func (h *modHash[K]) create() {
	if *h == nil {
		*h = make(modHash[K])
	}
	clear(*h)
}

// destroy is mod_hash_destroy_hash.
func (h modHash[K]) destroy() { clear(h) }

// find is mod_hash_find: mhErrNotFound if there is no such key.
func (h modHash[K]) find(key K) (Ptr, mhErr) {
	ddp, found := h[key]
	if !found {
		return Ptr{}, mhErrNotFound
	}
	return ddp, 0
}

// insert is mod_hash_insert: mhErrDuplicate if the key is there, whose value stays.
func (h modHash[K]) insert(key K, ddp Ptr) mhErr {
	if _, found := h[key]; found {
		return mhErrDuplicate
	}
	h[key] = ddp
	return 0
}

// remove is mod_hash_remove: mhErrNotFound if there is no such key.
func (h modHash[K]) remove(key K) mhErr {
	if _, found := h[key]; !found {
		return mhErrNotFound
	}
	delete(h, key)
	return 0
}
