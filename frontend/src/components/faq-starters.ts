import type { FaqDraft } from '../api/types'

export type Trade = { id: string; label: string; drafts: FaqDraft[] }

const draft = (answer: string, ...questions: string[]): FaqDraft => ({ questions, answer })

const hours = draft(
  'We are open Monday to Saturday, [opening hour] to [closing hour].',
  'What time do you open?',
  'are you open today',
  'when una dey close',
)
const place = draft(
  'We are at [address]. Nearest bus stop: [bus stop].',
  'Where is your shop?',
  'what is your address',
  'where una dey',
)
const pay = draft(
  'You can pay by transfer, card or cash. Transfer to: [account number], [bank], [account name].',
  'How can I pay?',
  'send your account number',
  'do you take transfer',
)
const delivery = draft(
  'Yes, we deliver. In Lagos it is ₦[price]; other states ₦[price].',
  'How much is delivery?',
  'do you deliver',
  'dlvry price',
  'how much una dey charge for delivery',
)

/** Drafts to start from. What only the owner can know stands in [brackets], and no draft goes live with one. */
export const trades: Trade[] = [
  {
    id: 'food',
    label: 'Food',
    drafts: [
      delivery,
      hours,
      place,
      draft(
        'Here is our menu: [menu and prices]. Tell us what you would like.',
        'What is on the menu?',
        'send me your menu',
        'wetin una get',
      ),
      draft(
        'Yes, we cater for events. Tell us the date and how many people; orders need [days] days’ notice.',
        'Do you cook for parties?',
        'do you do small chops',
        'can you cater for an event',
      ),
      draft(
        'Most orders are ready in [minutes] minutes.',
        'How long does an order take?',
        'how long will it take',
        'e go tey',
      ),
      pay,
    ],
  },
  {
    id: 'fashion',
    label: 'Fashion',
    drafts: [
      draft(
        'Prices start at ₦[price]. Send the picture of what you like, and we tell you exactly.',
        'How much is this?',
        'price please',
        'how much be this',
      ),
      draft(
        'We have sizes [sizes]. Send your usual size, and we check for you.',
        'What sizes do you have?',
        'do you have my size',
        'is XL available',
      ),
      delivery,
      draft(
        'You can exchange within [days] days, unworn and with the tag. We do not refund sale items.',
        'Can I return or exchange?',
        'what if it does not fit',
        'do you refund',
      ),
      draft(
        'Sewing takes [days] days after your measurements and deposit.',
        'How long does sewing take?',
        'how long for a custom dress',
        'when will my cloth be ready',
      ),
      place,
      pay,
    ],
  },
  {
    id: 'salon',
    label: 'Salon',
    drafts: [
      draft(
        'Our prices: [service and price list].',
        'How much do you charge?',
        'price for braids',
        'how much for hair',
      ),
      draft(
        'Yes. Tell us the day, the time and the style, and we confirm.',
        'Can I book an appointment?',
        'do I need to book',
        'are you free on Saturday',
      ),
      hours,
      place,
      draft('Home service is ₦[price] on top, within [area].', 'Do you do home service?', 'can you come to my house'),
      draft(
        'Please bring your own hair, or choose from ours, from ₦[price].',
        'Do you sell hair?',
        'should I bring my own attachment',
      ),
      pay,
    ],
  },
  {
    id: 'phones',
    label: 'Phones',
    drafts: [
      draft(
        'Today’s prices: [price list]. Tell us the model and storage you want.',
        'How much is the phone?',
        'iPhone price',
        'price list please',
      ),
      draft(
        'New phones have [months] months’ warranty, used ones [months] months.',
        'Is there a warranty?',
        'what if it spoils',
        'do you give guarantee',
      ),
      draft(
        'Yes, we swap. Send the model, storage and pictures of your phone, and we make an offer.',
        'Do you do swap?',
        'can I trade in my phone',
        'how much to swap',
      ),
      draft(
        'A screen costs from ₦[price] and takes about [hours] hours.',
        'How much to change a screen?',
        'do you repair phones',
        'my screen is broken',
      ),
      delivery,
      place,
      pay,
    ],
  },
  {
    id: 'logistics',
    label: 'Logistics',
    drafts: [
      draft(
        'Within [city] it is from ₦[price]. Send pick-up and drop-off, and we tell you exactly.',
        'How much to send a parcel?',
        'dispatch price',
        'how much una dey charge',
      ),
      draft(
        'Same day when you book before [hour]; other states take [days] days.',
        'How long does delivery take?',
        'when will it arrive',
        'do you do same day',
      ),
      draft(
        'Send us your tracking number, and a person will look it up.',
        'Where is my parcel?',
        'track my order',
        'my package has not come',
      ),
      draft(
        'We pick up from your door Monday to Saturday, [opening hour] to [closing hour].',
        'Do you pick up from my place?',
        'can the rider come to me',
      ),
      draft(
        'We do not carry cash, liquids without sealing, or anything against the law.',
        'What can you not carry?',
        'can I send food',
        'do you carry liquids',
      ),
      pay,
    ],
  },
  {
    id: 'school',
    label: 'School',
    drafts: [
      draft(
        'Fees per term: [fees by class].',
        'How much are the school fees?',
        'school fees please',
        'how much for primary 1',
      ),
      draft(
        'Admission is open for [classes]. The form costs ₦[price]; you get it at [place].',
        'How do I apply?',
        'is admission open',
        'admission form',
      ),
      draft(
        'The term starts on [date] and ends on [date].',
        'When does school resume?',
        'resumption date',
        'when is the holiday',
      ),
      draft(
        'School hours are [opening hour] to [closing hour]; after-school care until [hour].',
        'What are the school hours?',
        'closing time',
        'do you have after school care',
      ),
      draft(
        'The bus covers [areas] and costs ₦[price] per term.',
        'Is there a school bus?',
        'bus routes',
        'do you pick up children',
      ),
      place,
      pay,
    ],
  },
]

/** gapIn returns the first [gap] left in a text, such as “[price]”. */
export function gapIn(text: string): string | undefined {
  return /\[[^\]\n]{1,40}\]/.exec(text)?.[0]
}
