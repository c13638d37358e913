package handler

import (
	"bytes"
	"encoding/json"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/types"
)

// head is what stands in a review before its objects. It is read apart, before
// the review has a place; what is judged is the request that is decoded later.
type head struct {
	uid       types.UID
	namespace string
	user      authenticationv1.UserInfo // its name and groups
	// complete is false if the beginning that was looked at ends too early, or is
	// no review's.
	complete bool
}

// headOf reads the head of a body that may be cut or malformed: as far as it can
// be read. Without the uid kube-apiserver does not take the answer for one to its
// question.
func headOf(body []byte) (h head) {
	d := json.NewDecoder(bytes.NewReader(body[:min(len(body), peeked)]))
	if !enter(d, "request") {
		return h
	}
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return h
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return h
		}
		switch key {
		case "uid":
			err = d.Decode(&h.uid)
		case "namespace":
			err = d.Decode(&h.namespace)
		case "userInfo":
			var user struct {
				Username string   `json:"username"`
				Groups   []string `json:"groups"`
			}
			err = d.Decode(&user)
			h.user.Username, h.user.Groups = user.Username, user.Groups
		case "object", "oldObject", "options": // everything that is looked for comes before these
			h.complete = true
			return h
		default:
			var passed json.RawMessage
			err = d.Decode(&passed)
		}
		if err != nil {
			return h
		}
	}
	end, err := d.Token()
	h.complete = err == nil && end == json.Delim('}')
	return h
}

// enter moves to the value of a key of the object that comes next; false if there is none.
func enter(d *json.Decoder, key string) bool {
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return false
	}
	for d.More() {
		token, err := d.Token()
		if err != nil || token == key {
			return err == nil
		}
		var passed json.RawMessage
		if err := d.Decode(&passed); err != nil {
			return false
		}
	}
	return false
}
