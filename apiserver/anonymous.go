package apiserver

import (
	"net/http"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
)

// anonymousOnlyForHealth lets system:anonymous reach the health paths and
// nothing else. Delegated authentication always adds anonymous access, so a
// request that nobody vouches for would otherwise be left to authorization.
func anonymousOnlyForHealth(inner authenticator.Request) authenticator.Request {
	return authenticator.RequestFunc(func(req *http.Request) (*authenticator.Response, bool, error) {
		resp, ok, err := inner.AuthenticateRequest(req)
		if err != nil || !ok || resp == nil || resp.User == nil {
			return resp, ok, err
		}
		if resp.User.GetName() == user.Anonymous && !healthPath(req.URL.Path) {
			return nil, false, nil
		}
		return resp, ok, nil
	})
}

// healthPath tells whether a path only says that the server is well. The named
// checks below these paths say more, and are for authorized callers.
func healthPath(path string) bool {
	switch path {
	case "/healthz", "/livez", "/readyz":
		return true
	}
	return false
}
