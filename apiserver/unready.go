package apiserver

import (
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
	"k8s.io/apiserver/pkg/endpoints/request"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
)

// retryUnready is the seconds after which a request should be tried again that
// came before the server had read what it needs.
const retryUnready = 2

// notBeforeReady answers requests for resources with a 503 until ready returns
// nil: an empty list would say that there are no budgets. Discovery, OpenAPI and
// health are served all along.
func notBeforeReady(next http.Handler, ready func() error, codecs runtime.NegotiatedSerializer) http.Handler {
	if ready == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		info, ok := request.RequestInfoFrom(req.Context())
		if !ok || !info.IsResourceRequest || info.APIGroup != metering.GroupName {
			next.ServeHTTP(w, req)
			return
		}
		if err := ready(); err != nil {
			status := apierrors.NewServiceUnavailable(err.Error())
			status.ErrStatus.Details = &metav1.StatusDetails{RetryAfterSeconds: retryUnready}
			responsewriters.ErrorNegotiated(status, codecs, metering.GroupVersion(), w, req)
			return
		}
		next.ServeHTTP(w, req)
	})
}
