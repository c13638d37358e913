package encode

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

// Codecs negotiates JSON and YAML.
type Codecs struct {
	serializer.CodecFactory
	media []runtime.SerializerInfo
}

var _ runtime.NegotiatedSerializer = (*Codecs)(nil)

// NewCodecs returns the codecs of a scheme.
func NewCodecs(scheme *runtime.Scheme) *Codecs {
	factory := serializer.NewCodecFactory(scheme, serializer.WithStreamingCollectionEncodingToJSON())
	c := &Codecs{CodecFactory: factory}
	for _, info := range factory.SupportedMediaTypes() {
		switch info.MediaType {
		case runtime.ContentTypeJSON:
			info.Serializer = buffered{Serializer: info.Serializer, writers: newWriters()}
			c.media = append(c.media, info)
		case runtime.ContentTypeYAML:
			c.media = append(c.media, info)
		}
	}
	return c
}

// SupportedMediaTypes returns JSON and YAML.
func (c *Codecs) SupportedMediaTypes() []runtime.SerializerInfo { return c.media }
