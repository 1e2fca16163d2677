// Package slow plants slowdowns of a known size: a function at a Point repeats its own work for an exact share of its
// calls, so that its cost grows by that share and nothing else changes. Repeated work has no lasting effect.
package slow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"profbook.dev/demo/internal/ration"
)

// maxPercent bounds a planted slowdown: eleven times the cost.
const maxPercent = 1000

// Point is a place in a function where a slowdown may be planted.
type Point struct {
	name  string
	share ration.Ration
}

var points []*Point

// NewPoint registers a place under the name of its function; call it once, in a package variable.
func NewPoint(name string) *Point {
	point := &Point{name: name}
	points = append(points, point)
	return point
}

// Extra tells how many more times this call has to do its work; 0 unless a slowdown is planted here.
func (p *Point) Extra() int { return p.share.Next() }

// Names lists the functions that can be slowed, sorted.
func Names() []string {
	names := make([]string, 0, len(points))
	for _, point := range points {
		names = append(names, point.name)
	}
	slices.Sort(names)
	return names
}

// Plant reads FUNC:PCT and plants the slowdown; an empty spec removes all. It must run before the work starts.
func Plant(spec string) error {
	for _, point := range points {
		point.share.Set(0)
	}
	if spec == "" {
		return nil
	}
	name, share, found := strings.Cut(spec, ":")
	percent, err := strconv.Atoi(share)
	if !found || err != nil || percent < 1 || percent > maxPercent {
		return fmt.Errorf("slowdown %q is not FUNC:PCT with PCT from 1 to %d", spec, maxPercent)
	}
	for _, point := range points {
		if point.name == name {
			point.share.Set(percent)
			return nil
		}
	}
	return fmt.Errorf("cannot slow %q: choose one of %s", name, strings.Join(Names(), ", "))
}
