import type { Faq } from '../api/types'
import { pages } from '../text/pages.en'

/** What an FAQ is called: its first question, if any is left once customers were erased. */
export const faqTitle = (faq: Pick<Faq, 'questions'>) => faq.questions[0] ?? pages.erase.noQuestion
