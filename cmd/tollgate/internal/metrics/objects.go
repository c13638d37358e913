package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Objects tells what informers know.
type Objects interface {
	// Synced tells by kind whether its objects have been read.
	Synced() map[string]bool
	// Counts returns how many objects of each kind are known.
	Counts() map[string]int
	// Built returns when the newest snapshot was computed; false before the first.
	Built() (time.Time, bool)
}

// objectsCollector reads Objects when it is scraped.
type objectsCollector struct {
	objects               Objects
	synced, count, builtA *prometheus.Desc
}

// NewObjects returns a collector of what informers know.
func NewObjects(o Objects) prometheus.Collector {
	return &objectsCollector{
		objects: o,
		synced:  prometheus.NewDesc("tollgate_objects_synced", "1 when the objects of this kind have been read.", []string{"kind"}, nil),
		count:   prometheus.NewDesc("tollgate_objects", "How many objects of this kind are known.", []string{"kind"}, nil),
		builtA:  prometheus.NewDesc("tollgate_directory_age_seconds", "Time since who owns what was last computed, which is after each change.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *objectsCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.synced
	ch <- c.count
	ch <- c.builtA
}

// Collect implements prometheus.Collector.
func (c *objectsCollector) Collect(ch chan<- prometheus.Metric) {
	for kind, synced := range c.objects.Synced() {
		value := 0.0
		if synced {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(c.synced, prometheus.GaugeValue, value, kind)
	}
	for kind, n := range c.objects.Counts() {
		ch <- prometheus.MustNewConstMetric(c.count, prometheus.GaugeValue, float64(n), kind)
	}
	if built, ok := c.objects.Built(); ok {
		ch <- prometheus.MustNewConstMetric(c.builtA, prometheus.GaugeValue, time.Since(built).Seconds())
	}
}
