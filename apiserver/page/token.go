package page

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

// ErrNotIssued is returned for a continue token that this list did not issue.
var ErrNotIssued = errors.New("the continue token was not issued for this list: leave it out to start from the beginning")

// Key is the place of a row in a list, which is ordered by Namespace and then by Name.
type Key struct {
	Namespace, Name string
}

// Compare returns -1, 0 or 1 as k stands before, at or behind o.
func (k Key) Compare(o Key) int {
	if c := strings.Compare(k.Namespace, o.Namespace); c != 0 {
		return c
	}
	return strings.Compare(k.Name, o.Name)
}

// Issuer makes and reads continue tokens. Replicas that share a key read each
// other's tokens. A token gives no right: namespaces and selectors of the
// request hold for every page, so the checksum is there to tell mistakes, not
// to keep secrets.
type Issuer struct {
	key []byte
}

// NewIssuer returns an issuer whose checksums use the key.
func NewIssuer(key []byte) *Issuer {
	return &Issuer{key: append([]byte(nil), key...)}
}

const (
	tokenVersion = 1
	sumSize      = 12
)

// Token returns the opaque token that continues a list behind the key. Scope
// names the list (resource, namespace and selectors); the token is good for
// that list only.
func (i *Issuer) Token(scope string, last Key) string { return i.token(scope, last, "") }

// token also carries the text that the list's pages have in common; "" for none.
func (i *Issuer) token(scope string, last Key, pinned string) string {
	body := append([]byte{tokenVersion}, last.Namespace+"/"+last.Name...)
	if pinned != "" {
		body = append(append(body, 0), pinned...) // no name holds a zero byte
	}
	return base64.RawURLEncoding.EncodeToString(append(i.sum(scope, body), body...))
}

// Read returns the key at which the token ends a page, or ErrNotIssued.
func (i *Issuer) Read(scope, token string) (Key, error) {
	last, _, err := i.read(scope, token)
	return last, err
}

func (i *Issuer) read(scope, token string) (last Key, pinned string, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) <= sumSize || raw[sumSize] != tokenVersion {
		return Key{}, "", ErrNotIssued
	}
	sum, body := raw[:sumSize], raw[sumSize:]
	if !hmac.Equal(sum, i.sum(scope, body)) {
		return Key{}, "", ErrNotIssued
	}
	key, pinned, _ := strings.Cut(string(body[1:]), "\x00")
	namespace, name, ok := strings.Cut(key, "/")
	if !ok || name == "" {
		return Key{}, "", ErrNotIssued
	}
	return Key{Namespace: namespace, Name: name}, pinned, nil
}

func (i *Issuer) sum(scope string, body []byte) []byte {
	h := hmac.New(sha256.New, i.key)
	h.Write([]byte(scope))
	h.Write([]byte{0})
	h.Write(body)
	return h.Sum(nil)[:sumSize]
}
