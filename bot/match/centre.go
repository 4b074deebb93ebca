package match

// gather computes where each FAQ's wordings point together: a message for it should point there too.
func (x *Index) gather() {
	if x.model.vectors == nil {
		return
	}
	x.centres = make([]float32, x.model.vectors.Dim*len(x.faqs))
	for f, e := range x.faqs {
		centre := x.centre(int32(f))
		for w := e.first; w < e.end; w++ {
			for i, v := range x.direction(w) {
				centre[i] += v
			}
		}
		scaleToUnit(centre)
	}
}

func (x *Index) centre(f int32) []float32 {
	d := int32(x.model.vectors.Dim) //nolint:gosec // small
	return x.centres[f*d : (f+1)*d]
}
