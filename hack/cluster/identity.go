package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// frontProxyUser is the name by which an aggregated API server knows kube-apiserver.
const frontProxyUser = "front-proxy-client"

// identityFiles are the certificates and keys that the control plane's flags name.
type identityFiles struct {
	dir, ca, serverCrt, serverKey, accountPub, accountKey, proxyCA, proxyCrt, proxyKey string
}

// writeIdentity makes the authorities, kube-apiserver's certificates and the service account key.
func writeIdentity(dir string) (f identityFiles, ca *CA, err error) {
	f.dir = dir
	if ca, err = NewCA("tollgate-local"); err != nil {
		return f, nil, err
	}
	proxyCA, err := NewCA("tollgate-local-front-proxy")
	if err != nil {
		return f, nil, err
	}
	server, err := ca.Server("127.0.0.1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "10.96.0.1")
	if err != nil {
		return f, nil, err
	}
	proxy, err := proxyCA.Client(frontProxyUser)
	if err != nil {
		return f, nil, err
	}
	account, err := newSigningKey()
	if err != nil {
		return f, nil, err
	}
	if f.serverCrt, f.serverKey, err = server.Write(dir, "server"); err != nil {
		return f, nil, err
	}
	if f.proxyCrt, f.proxyKey, err = proxy.Write(dir, "front-proxy"); err != nil {
		return f, nil, err
	}
	if f.accountPub, f.accountKey, err = account.Write(dir, "service-account"); err != nil {
		return f, nil, err
	}
	f.ca, f.proxyCA = filepath.Join(dir, "ca.crt"), filepath.Join(dir, "front-proxy-ca.crt")
	for path, data := range map[string][]byte{f.ca: ca.PEM(), f.proxyCA: proxyCA.PEM()} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return f, nil, fmt.Errorf("writing an authority: %w", err)
		}
	}
	return f, ca, nil
}

// User is who a client certificate or a kubeconfig context speaks for.
type User struct {
	// Name and Groups are what Kubernetes authorizes.
	Name   string
	Groups []string
	// Context is the kubeconfig context; default Name.
	Context string
	// Namespace is the context's namespace; default "default".
	Namespace string
}

// Admin returns a user who may do anything.
func Admin() User { return User{Name: "admin", Groups: []string{"system:masters"}} }

// Config returns a client configuration with a fresh certificate for the user.
func (c *ControlPlane) Config(u User) (*rest.Config, error) {
	pair, err := c.CA.Client(u.Name, u.Groups...)
	if err != nil {
		return nil, err
	}
	return &rest.Config{
		Host:  c.URL,
		QPS:   -1, // the caller's pace is the test's business
		Burst: -1,
		TLSClientConfig: rest.TLSClientConfig{
			CAData: c.CA.PEM(), CertData: pair.Certificate, KeyData: pair.Key,
		},
	}, nil
}

// Kubeconfig returns a kubeconfig with a context per user, certificates embedded; the first is the current context.
func (c *ControlPlane) Kubeconfig(users ...User) ([]byte, error) {
	config := clientcmdapi.NewConfig()
	const name = "tollgate"
	config.Clusters[name] = &clientcmdapi.Cluster{Server: c.URL, CertificateAuthorityData: c.CA.PEM()}
	for _, u := range users {
		pair, err := c.CA.Client(u.Name, u.Groups...)
		if err != nil {
			return nil, err
		}
		context := u.Context
		if context == "" {
			context = u.Name
		}
		config.AuthInfos[context] = &clientcmdapi.AuthInfo{ClientCertificateData: pair.Certificate, ClientKeyData: pair.Key}
		config.Contexts[context] = &clientcmdapi.Context{Cluster: name, AuthInfo: context, Namespace: u.Namespace}
		if config.CurrentContext == "" {
			config.CurrentContext = context
		}
	}
	out, err := clientcmd.Write(*config)
	if err != nil {
		return nil, fmt.Errorf("encoding a kubeconfig: %w", err)
	}
	return out, nil
}

// WriteKubeconfig writes Kubeconfig's result into a folder, readable by its owner only, and returns the path.
func (c *ControlPlane) WriteKubeconfig(dir, name string, users ...User) (string, error) {
	data, err := c.Kubeconfig(users...)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return "", fmt.Errorf("writing a kubeconfig: %w", err)
	}
	return path, nil
}

// Kubectl returns a runner of the real kubectl as a user.
func (c *ControlPlane) Kubectl(u User) (*Kubectl, error) {
	dir, err := os.MkdirTemp(c.dir, "kubectl-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for kubectl: %w", err)
	}
	kubeconfig, err := c.WriteKubeconfig(dir, "kubeconfig", u)
	if err != nil {
		return nil, err
	}
	return &Kubectl{Path: c.kubectl, Kubeconfig: kubeconfig, cache: filepath.Join(dir, "cache")}, nil
}

// Kubectl runs kubectl with a kubeconfig and a discovery cache of its own.
type Kubectl struct {
	Path       string
	Kubeconfig string
	cache      string
}

// Run runs kubectl. The error of a failed call holds what it wrote to stderr.
func (k *Kubectl) Run(ctx context.Context, args ...string) (stdout, stderr string, err error) {
	return k.RunInput(ctx, nil, args...)
}

// RunInput is Run with standard input, for kubectl apply -f -.
func (k *Kubectl) RunInput(ctx context.Context, input []byte, args ...string) (stdout, stderr string, err error) {
	cmd := exec.CommandContext(ctx, k.Path, append([]string{"--kubeconfig", k.Kubeconfig, "--cache-dir", k.cache}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &out, &errs
	if err = cmd.Run(); err != nil {
		err = fmt.Errorf("kubectl %q: %w: %s", args, err, errs.String())
	}
	return out.String(), errs.String(), err
}
