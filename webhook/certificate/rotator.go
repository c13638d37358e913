package certificate

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

const (
	// checkEvery is how often certificates are looked at without any news.
	checkEvery = 30 * time.Second
	// retryAfter is how soon a failed look is repeated.
	retryAfter = 2 * time.Second
	// manager is the field manager of what is written.
	manager = "tollgate-webhook"
)

// RotatorConfig is what NewRotator takes.
type RotatorConfig struct {
	Client kubernetes.Interface
	// Namespace and Secret name an existing Secret, which may be empty.
	Namespace, Secret string
	// Configuration is the name of the ValidatingWebhookConfiguration and of the
	// MutatingWebhookConfiguration into which the authority is written.
	Configuration string
	// Names are the DNS names that the certificate is for, at least one.
	Names []string
	// ServingLife and AuthorityLife are how long certificates live. They are renewed when a third of it is left.
	ServingLife, AuthorityLife time.Duration
	// Settle is how long a new authority is published before it signs: longer than kube-apiservers take to see it.
	Settle time.Duration
	// Now is time.Now.
	Now func() time.Time
}

// Rotator keeps certificates in a Secret. Any number of replicas may do so at once.
type Rotator struct {
	c      RotatorConfig
	served atomic.Pointer[served]
}

// served is what a replica serves.
type served struct {
	certificate *tls.Certificate
	pool        *x509.CertPool
}

// NewRotator returns a rotator that has no certificate before Run.
func NewRotator(c RotatorConfig) *Rotator { return &Rotator{c: c} }

// Run keeps the certificates until ctx is done.
func (r *Rotator) Run(ctx context.Context) {
	news := make(chan struct{}, 1)
	r.watch(ctx, news)
	for ctx.Err() == nil {
		pause := wait.Jitter(checkEvery, 0.2)
		if least := min(r.c.ServingLife, r.c.AuthorityLife) / 12; least < pause {
			pause = least
		}
		if err := r.reconcile(ctx); err != nil && ctx.Err() == nil {
			klog.ErrorS(err, "keeping the webhook's certificates")
			pause = min(pause, retryAfter)
		}
		select {
		case <-ctx.Done():
		case <-news:
		case <-time.After(pause):
		}
	}
}

// watch follows the three objects and tells when one of them changed.
func (r *Rotator) watch(ctx context.Context, news chan<- struct{}) {
	tell := func(any) {
		select {
		case news <- struct{}{}:
		default: // it will look anyway
		}
	}
	registration := r.c.Client.AdmissionregistrationV1().RESTClient()
	for _, one := range []struct {
		client                    rest.Interface
		resource, namespace, name string
		object                    runtime.Object
	}{
		{r.c.Client.CoreV1().RESTClient(), "secrets", r.c.Namespace, r.c.Secret, &corev1.Secret{}},
		{registration, "validatingwebhookconfigurations", "", r.c.Configuration, &admissionregistrationv1.ValidatingWebhookConfiguration{}},
		{registration, "mutatingwebhookconfigurations", "", r.c.Configuration, &admissionregistrationv1.MutatingWebhookConfiguration{}},
	} {
		_, informer := cache.NewInformerWithOptions(cache.InformerOptions{
			ListerWatcher: cache.NewListWatchFromClient(one.client, one.resource, one.namespace, fields.OneTermEqualSelector("metadata.name", one.name)),
			ObjectType:    one.object,
			Handler:       cache.ResourceEventHandlerFuncs{AddFunc: tell, DeleteFunc: tell, UpdateFunc: func(_, now any) { tell(now) }},
		})
		go informer.RunWithContext(ctx)
	}
}

// reconcile makes and renews what is due, serves it, and publishes the authority.
func (r *Rotator) reconcile(ctx context.Context) error {
	secrets := r.c.Client.CoreV1().Secrets(r.c.Namespace)
	secret, err := secrets.Get(ctx, r.c.Secret, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("reading the Secret %s/%s (it comes with manifests/webhook/self-signed): %w", r.c.Namespace, r.c.Secret, err)
	}
	registered, unread := r.configurations(ctx)
	now := readState(secret.Data)
	published := unread == nil && allHave(registered, now.bundle())
	wanted, err := now.renewed(r.c.Now(), terms{
		serving: r.c.ServingLife, authority: r.c.AuthorityLife, settle: r.c.Settle, names: r.c.Names,
	}, published)
	if err != nil {
		return fmt.Errorf("renewing certificates: %w", err)
	}
	data, err := wanted.data()
	if err != nil {
		return err
	}
	if !maps.EqualFunc(data, secret.Data, bytes.Equal) {
		secret.Data = data
		if _, err := secrets.Update(ctx, secret, metav1.UpdateOptions{FieldManager: manager}); err != nil {
			return fmt.Errorf("writing the Secret %s/%s (a conflict means that another replica was first): %w", r.c.Namespace, r.c.Secret, err)
		}
		klog.InfoS("renewed certificates", "servingUntil", wanted.serving.certificate.NotAfter, "authorityUntil", wanted.authority.certificate.NotAfter, "authorities", len(wanted.trusted()))
	}
	r.served.Store(&served{certificate: wanted.certificate(), pool: wanted.pool()})
	return errors.Join(unread, r.publish(ctx, registered, wanted.bundle()))
}

// GetCertificate is for tls.Config.
func (r *Rotator) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s := r.served.Load()
	if s == nil {
		return nil, errNone
	}
	return s.certificate, nil
}

// Roots returns the authorities by which clients are to verify what is served;
// nil before there is any.
func (r *Rotator) Roots() *x509.CertPool {
	if s := r.served.Load(); s != nil {
		return s.pool
	}
	return nil
}
