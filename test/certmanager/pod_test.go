package certmanager_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// pod stands in for a Pod of a Deployment: what a kubelet would mount, in folders.
type pod struct {
	w       *world
	spec    corev1.PodSpec
	folders map[string]string // by volume
}

// podOf reads the template of a Deployment.
func (w *world) podOf(o *overlay, deployment string) *pod {
	w.t.Helper()
	var d appsv1.Deployment
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.find(w.t, "Deployment", deployment).Object, &d); err != nil {
		w.t.Fatal(err)
	}
	p := &pod{w: w, spec: d.Spec.Template.Spec, folders: map[string]string{}}
	for _, v := range p.spec.Volumes {
		p.folders[v.Name] = w.t.TempDir()
	}
	return p
}

// mount writes the volumes as they are now; whoever reads a file sees an old one or a new one.
func (p *pod) mount(ctx context.Context) error {
	for _, v := range p.spec.Volumes {
		files := map[string][]byte{}
		switch {
		case v.Secret != nil:
			secret, err := p.w.secret(ctx, v.Secret.SecretName)
			if err != nil {
				return err
			}
			files = secret.Data
		case v.ConfigMap != nil:
			var config corev1.ConfigMap
			if err := p.w.get(ctx, &config, "configmap", v.ConfigMap.Name); err != nil {
				return err
			}
			for name, data := range config.Data {
				files[name] = []byte(data)
			}
		default:
			return fmt.Errorf("the volume %s is neither a Secret nor a ConfigMap", v.Name)
		}
		for name, data := range files {
			path := filepath.Join(p.folders[v.Name], name)
			if err := os.WriteFile(path+".new", data, 0o600); err != nil {
				return err
			}
			if err := os.Rename(path+".new", path); err != nil {
				return err
			}
		}
	}
	return nil
}

// args are those of the container, with the folders in place of the paths in it.
func (p *pod) args() (args []string) {
	container := p.spec.Containers[0]
	for _, arg := range container.Args {
		for _, m := range container.VolumeMounts {
			arg = strings.Replace(arg, m.MountPath, p.folders[m.Name], 1)
		}
		args = append(args, arg)
	}
	return args
}

// get reads an object of tollgate-system.
func (w *world) get(ctx context.Context, into any, kind, name string) error {
	out, _, err := w.admin.Run(ctx, "get", kind, name, "-n", namespace, "-o", "json")
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(out), into)
}

// secret reads a Secret of tollgate-system.
func (w *world) secret(ctx context.Context, name string) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	return secret, w.get(ctx, secret, "secret", name)
}
