import type { components } from './types.gen'

type Schemas = components['schemas']

export type AdminCommand = Schemas['AdminCommandRequest']
export type AdminWorkspace = Schemas['AdminWorkspace']
export type Analytics = Schemas['Analytics']
export type AuditEvent = Schemas['AuditEvent']
export type BotDecision = Schemas['BotDecision']
export type ConnectionReason = Schemas['ConnectionReason']
export type ConnectionStatus = Schemas['ConnectionStatus']
export type Conversation = Schemas['Conversation']
export type Faq = Schemas['Faq']
export type FaqDraft = Schemas['FaqDraft']
export type FaqTestResult = Schemas['FaqTestResult']
export type LinkCode = Schemas['LinkCode']
export type Me = Schemas['Me']
export type Message = Schemas['Message']
export type NumberUse = Schemas['NumberUse']
export type OnboardingStep = Schemas['OnboardingStep']
export type Plan = Schemas['Plan']
export type ProblemBody = Schemas['Problem']
export type UnansweredCluster = Schemas['UnansweredCluster']
export type Workspace = Schemas['Workspace']

export type LinkMethod = 'qr' | 'code'
export type InboxFilter = 'needs_you' | 'bot' | 'you' | 'all'
