package autodiscover

import (
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
)

// order sorts SRV records as RFC 2782 wants it: the lowest priority first, and
// of records of the same priority one that is drawn, with a chance in
// proportion to its weight. Records of weight 0 come first to the draw, so that
// they have a small chance. draw returns a number from 0 to n-1.
func order(records []*net.SRV, draw func(n int) int) []*net.SRV {
	left := slices.Clone(records)
	slices.SortStableFunc(left, func(a, b *net.SRV) int {
		if a.Priority != b.Priority {
			return int(a.Priority) - int(b.Priority)
		}
		return min(int(a.Weight), 1) - min(int(b.Weight), 1)
	})
	var out []*net.SRV
	for len(left) > 0 {
		sum, same := 0, 0
		for same < len(left) && left[same].Priority == left[0].Priority {
			sum += int(left[same].Weight)
			same++
		}
		n, pick := draw(sum+1), 0
		for at := int(left[0].Weight); at < n; at += int(left[pick].Weight) {
			pick++
		}
		out = append(out, left[pick])
		left = slices.Delete(left, pick, pick+1)
	}
	return out
}

// hosts returns the hosts of SRV records with their ports, in the order in
// which to try them. A target "." says that the service does not exist.
func hosts(records []*net.SRV) (out []string) {
	for _, r := range order(records, rand.IntN) {
		host := strings.ToLower(strings.TrimSuffix(r.Target, "."))
		if host == "" || r.Port == 0 {
			continue
		}
		if r.Port != 443 {
			host = net.JoinHostPort(host, strconv.Itoa(int(r.Port)))
		}
		if !slices.Contains(out, host) {
			out = append(out, host)
		}
		if len(out) == maxHosts {
			break
		}
	}
	return out
}

// maxHosts bounds what is taken of an answer of the DNS, more than anybody has.
const maxHosts = 20
