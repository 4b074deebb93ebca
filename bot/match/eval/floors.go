package eval

import (
	"fmt"
	"path/filepath"
	"slices"
)

// Floor is what a set reached when the matcher was last accepted: a later one may not do worse.
type Floor struct {
	Top1      float64 `json:"top1"`
	Precision float64 `json:"precision"`
	Answered  float64 `json:"answered"`
	Solved    float64 `json:"solved"`
	Wrong     float64 `json:"wrong"`
	OffTopic  float64 `json:"off_topic"`
}

// slack is what rounding on another kind of machine may cost.
const slack = 0.004

// Below lists what got worse than the floor, in words; it is empty when nothing did.
func (f Figures) Below(floor Floor) []string {
	var worse []string
	atLeast := func(name string, got, want float64) {
		if got < want-slack {
			worse = append(worse, fmt.Sprintf("%s fell from %.1f %% to %.1f %%", name, 100*want, 100*got))
		}
	}
	atMost := func(name string, got, want float64) {
		if got > want+slack {
			worse = append(worse, fmt.Sprintf("%s rose from %.1f %% to %.1f %%", name, 100*want, 100*got))
		}
	}
	atLeast("top-1", f.Top1, floor.Top1)
	atLeast("precision", f.Precision, floor.Precision)
	atLeast("answered", f.Answered, floor.Answered)
	atLeast("solved", f.Solved, floor.Solved)
	atMost("wrong answers", f.Wrong, floor.Wrong)
	atMost("off-topic answers", f.OffTopic, floor.OffTopic)
	return worse
}

// Floor is what the figures would be held to from now on.
func (f Figures) Floor() Floor {
	return Floor{f.Top1, f.Precision, f.Answered, f.Solved, f.Wrong, f.OffTopic}
}

// String is one line for people.
func (f Figures) String() string {
	return fmt.Sprintf("top-1 %5.1f  cov@95 %5.1f  precision %5.1f  answered %5.1f  wrong %4.1f  off-topic %4.1f  solved %5.1f  ece %.3f",
		100*f.Top1, 100*f.Coverage, 100*f.Precision, 100*f.Answered, 100*f.Wrong, 100*f.OffTopic, 100*f.Solved, f.ECE)
}

// Depths are the numbers of wordings per FAQ worth measuring a set at.
func (s *Set) Depths() []int {
	longest := 0
	for _, f := range s.FAQs {
		longest = max(longest, len(f.Questions))
	}
	depths := slices.DeleteFunc([]int{1, 3, 5, 10}, func(k int) bool { return k > longest })
	if longest > 10 {
		depths = append(depths, AllWordings)
	}
	return depths
}

// AllWordings asks for every wording a set has.
const AllWordings = 0

// DepthName names a number of wordings in tables and floors.
func DepthName(k int) string {
	if k == AllWordings {
		return "all"
	}
	return fmt.Sprintf("k=%d", k)
}

// LoadFolder reads all sets of a folder, by name.
func LoadFolder(dir string) ([]*Set, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("list sets: %w", err)
	}
	var sets []*Set
	for _, path := range paths {
		s, err := Load(path)
		if err != nil {
			return nil, err
		}
		sets = append(sets, s)
	}
	return sets, nil
}
