package match

import "math"

// backgroundShare is how much of a term's rarity comes from customers' questions at large.
const backgroundShare = 0.25

// rarity is how much a term tells: the idf among the workspace's FAQs with a share of the background's.
func (x *Index) rarity(id uint64, faqs int32) float32 {
	own := math.Log((float64(len(x.faqs)) + 1) / (float64(faqs) + 0.5))
	r := (1-backgroundShare)*own + backgroundShare*x.model.background.rarity(id)
	return float32(max(r, 0.05))
}

func inverseRoot(sum float64) float32 { return float32(1 / math.Sqrt(sum)) }
