package cluster

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

const (
	retryEvery = time.Second
	tryTimeout = 5 * time.Second
	sayEvery   = 10 // tries
)

// Wait returns when the settings of delegated authentication can be read from
// kube-apiserver, which needs both the server and the right; or with ctx's
// error. Everything else that is missing is waited for later, in readyz.
func Wait(ctx context.Context, cfg *rest.Config) error {
	client, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		return fmt.Errorf("making a client of kube-apiserver: %w", err)
	}
	tries := 0
	err = wait.PollUntilContextCancel(ctx, retryEvery, true, func(ctx context.Context) (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, tryTimeout)
		defer cancel()
		_, err := client.CoreV1().ConfigMaps(metav1.NamespaceSystem).Get(ctx, "extension-apiserver-authentication", metav1.GetOptions{})
		if err == nil {
			return true, nil
		}
		if tries%sayEvery == 0 {
			klog.ErrorS(err, "waiting for kube-apiserver", "needs", hint(err))
		}
		tries++
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for kube-apiserver: %w", err)
	}
	return nil
}

func hint(err error) string {
	if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) {
		return "a RoleBinding of this identity to extension-apiserver-authentication-reader in kube-system (see manifests/apiserver)"
	}
	return "kube-apiserver at the address of the kubeconfig"
}
