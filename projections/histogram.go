package projections

import "time"

// A histogram counts durations in buckets that grow by a quarter of a doubling, from 10 ms: its error stays below a fifth,
// and sums of histograms are histograms. Bucket 0 holds everything below 10 ms.
const (
	firstEdge  = 10 // milliseconds
	perDouble  = 4
	lastBucket = 100 // about 3.5 days; longer counts as that
)

// edges of one doubling, in thousandths: 2^0, 2^¼, 2^½, 2^¾.
var edgesOfDouble = [perDouble]int64{1000, 1189, 1414, 1682} //nolint:gochecknoglobals // a constant table

// lowerEdge is where a bucket begins, in milliseconds.
func lowerEdge(bucket int) int64 {
	if bucket == 0 {
		return 0
	}
	return firstEdge * edgesOfDouble[(bucket-1)%perDouble] << ((bucket - 1) / perDouble) / 1000
}

// bucketOf returns where a duration is counted.
func bucketOf(d time.Duration) int {
	ms := d.Milliseconds()
	bucket := 0
	for bucket < lastBucket && ms >= lowerEdge(bucket+1) {
		bucket++
	}
	return bucket
}

// inBucket counts a duration and returns the new histogram; the old one stays as it was.
func inBucket(histogram []int64, d time.Duration) []int64 {
	bucket := bucketOf(max(0, d))
	grown := make([]int64, max(len(histogram), bucket+1))
	copy(grown, histogram)
	grown[bucket]++
	return grown
}

// addHistogram returns the sum of two histograms.
func addHistogram(a, b []int64) []int64 {
	sum := make([]int64, max(len(a), len(b)))
	copy(sum, a)
	for i, n := range b {
		sum[i] += n
	}
	return sum
}

// quantile returns the duration that the given share of what was counted does not exceed, in milliseconds and within the
// bucket in proportion; false when nothing was counted.
func quantile(histogram []int64, thousandths int64) (int64, bool) {
	var total int64
	for _, n := range histogram {
		total += n
	}
	if total == 0 {
		return 0, false
	}
	rank := max(1, (total*thousandths+999)/1000)
	for bucket, n := range histogram {
		if rank <= n {
			low, high := lowerEdge(bucket), lowerEdge(bucket+1)
			return low + (high-low)*rank/n, true
		}
		rank -= n
	}
	return lowerEdge(len(histogram)), true
}
