import {
  Activity,
  BadgeCheck,
  Building2,
  BookOpenCheck,
  Boxes,
  Brain,
  ChartColumn,
  CircleGauge,
  Coins,
  Contact,
  CreditCard,
  Gauge,
  Gavel,
  Inbox,
  Percent,
  KeyRound,
  KeySquare,
  HandCoins,
  Layers,
  Send,
  Stamp,
  LayoutDashboard,
  ListTodo,
  ListTree,
  MailX,
  MessageSquareText,
  Scale,
  ScrollText,
  ShieldCheck,
  TrendingUp,
  Wallet,
  WalletCards,
  WalletMinimal,
  Tags,
  FileSpreadsheet,
  FileText,
  Banknote,
  Route,
  ServerCog,
  BadgeDollarSign,
  Hourglass,
  Undo2,
  UserCog,
  UserRound,
  Users,
  type LucideIcon,
  History,
  Webhook,
} from "lucide-react";
import type { Me } from "../api/types.ts";
import { atLeast } from "./session.tsx";

export type NavItem = {
  to: string;
  label: string;
  icon: LucideIcon;
  /** Words that find it in the palette. */
  words: string;
  show(me: Me): boolean;
};
export type NavSection = { label: string | null; items: NavItem[] };

const anyone = () => true;
const operator = (me: Me) => me.user.operator;
const owner = (me: Me) => atLeast(me, "owner");

export const NAVIGATION: NavSection[] = [
  {
    label: null,
    items: [
      { to: "/", label: "Overview", icon: LayoutDashboard, words: "home start", show: anyone },
      { to: "/credits", label: "Credits", icon: Coins, words: "balance buy packs grants", show: anyone },
    ],
  },
  {
    label: "Payments",
    items: [
      { to: "/billing", label: "Billing", icon: Wallet, words: "plan subscription cancel", show: anyone },
      { to: "/plans", label: "Plans", icon: Tags, words: "prices upgrade downgrade subscribe", show: anyone },
      {
        to: "/payment-methods",
        label: "Payment methods",
        icon: WalletMinimal,
        words: "cards default address tax portal",
        show: owner,
      },
      { to: "/invoices", label: "Invoices", icon: FileText, words: "bills receipts pdf", show: owner },
      {
        to: "/payments",
        label: "Payments",
        icon: CreditCard,
        words: "charges refunds stripe paypal",
        show: owner,
      },
      {
        to: "/inbox",
        label: "Inbox",
        icon: Inbox,
        words: "webhooks events stripe paypal replay",
        show: operator,
      },
      {
        to: "/dead-letters",
        label: "Dead letters",
        icon: MailX,
        words: "failed events poison",
        show: operator,
      },
      { to: "/replays", label: "Replays", icon: History, words: "repeat events diff", show: operator },
      {
        to: "/endpoints",
        label: "Endpoints",
        icon: Webhook,
        words: "webhooks secrets roll accounts",
        show: operator,
      },
      {
        to: "/reconciliation",
        label: "Reconciliation",
        icon: Scale,
        words: "breaks books stripe compare report balance",
        show: operator,
      },
      { to: "/refunds", label: "Refunds", icon: Undo2, words: "money back approve", show: operator },
      {
        to: "/ledger",
        label: "Ledger",
        icon: BookOpenCheck,
        words: "accounts transactions verify books",
        show: owner,
      },
      {
        to: "/adjustments",
        label: "Grants and adjustments",
        icon: HandCoins,
        words: "gift credits correct by hand approve second operator",
        show: operator,
      },
      {
        to: "/seals",
        label: "Seals",
        icon: Stamp,
        words: "chain verify hash nightly check broken books",
        show: operator,
      },
    ],
  },
  {
    label: "AI",
    items: [
      {
        to: "/playground",
        label: "Playground",
        icon: MessageSquareText,
        words: "chat model prompt",
        show: (me) => atLeast(me, "agent"),
      },
      { to: "/usage", label: "Usage", icon: ChartColumn, words: "spend cost tokens calls", show: anyone },
      {
        to: "/memory",
        label: "Memory",
        icon: Brain,
        words: "remember facts preferences forget personal",
        show: anyone,
      },
      {
        to: "/models",
        label: "Models",
        icon: Boxes,
        words: "prices catalogue",
        show: (me) => atLeast(me, "agent"),
      },
      {
        to: "/routing",
        label: "Routing",
        icon: Route,
        words: "providers order fallback policy allowed models price",
        show: (me) => me.permissions.includes("settings.manage"),
      },
    ],
  },
  {
    label: "Developers",
    items: [
      {
        to: "/api-keys",
        label: "API keys",
        icon: KeyRound,
        words: "secret token",
        show: (me) => atLeast(me, "agent"),
      },
      {
        to: "/call-limits",
        label: "Keys and limits",
        icon: CircleGauge,
        words: "rates rpm tpm concurrency budgets day month",
        show: anyone,
      },
      {
        to: "/provider-keys",
        label: "Provider keys",
        icon: KeySquare,
        words: "own keys byok openrouter openai anthropic bring",
        show: (me) => me.permissions.includes("settings.manage"),
      },
      {
        to: "/relay",
        label: "Relay",
        icon: Send,
        words: "outbound webhooks events out endpoints messages deliveries secret",
        show: (me) => me.permissions.includes("settings.manage"),
      },
    ],
  },
  {
    label: "Workspace",
    items: [
      {
        to: "/team",
        label: "Team",
        icon: Users,
        words: "members people roles permissions invite invitations seats",
        show: anyone,
      },
      {
        to: "/organization",
        label: "Organization",
        icon: Building2,
        words: "settings name slug policy transfer delete networks mfa",
        show: anyone,
      },
      {
        to: "/audit",
        label: "Audit log",
        icon: ScrollText,
        words: "trail who did what chain verify export",
        show: (me) => me.permissions.includes("audit.view"),
      },
      {
        to: "/jobs",
        label: "Jobs",
        icon: ListTodo,
        words: "queue background work retry cancel",
        show: (me) => me.permissions.includes("jobs.view"),
      },
      {
        to: "/profile",
        label: "Profile",
        icon: UserRound,
        words: "name address language account delete",
        show: anyone,
      },
      {
        to: "/security",
        label: "Security",
        icon: ShieldCheck,
        words: "connected accounts google github password sign-in",
        show: anyone,
      },
    ],
  },
  {
    label: "Operator",
    items: [
      {
        to: "/people",
        label: "People",
        icon: UserCog,
        words: "users accounts disable operators mfa reset",
        show: operator,
      },
      {
        to: "/customers",
        label: "Customers",
        icon: Contact,
        words: "organizations that pay timeline payments refunds disputes grants",
        show: operator,
      },
      {
        to: "/disputes",
        label: "Disputes",
        icon: Gavel,
        words: "chargebacks evidence lost won bank",
        show: operator,
      },
      {
        to: "/all-payments",
        label: "All payments",
        icon: WalletCards,
        words: "charges of organizations failed disputed stripe paypal",
        show: operator,
      },
      {
        to: "/plan-versions",
        label: "Plan versions",
        icon: ListTree,
        words: "prices products sync companies subscribers",
        show: operator,
      },
      {
        to: "/installation-usage",
        label: "All usage",
        icon: TrendingUp,
        words: "calls tokens cost margin organizations",
        show: operator,
      },
      {
        to: "/margin",
        label: "Margin",
        icon: Percent,
        words: "cost charge loss markup models providers",
        show: operator,
      },
      {
        to: "/proof",
        label: "Proof",
        icon: BadgeCheck,
        words: "daily breaks providers ledger drift figures",
        show: operator,
      },
      {
        to: "/revenue",
        label: "Revenue",
        icon: Banknote,
        words: "money gross refunds fees net mrr",
        show: operator,
      },
      {
        to: "/reports",
        label: "Reports",
        icon: FileSpreadsheet,
        words: "csv pdf mrr tax fees refunds credits failed payments receivables revenue",
        show: operator,
      },
      {
        to: "/providers",
        label: "Providers",
        icon: ServerCog,
        words: "models breakers keys address markup openrouter openai",
        show: operator,
      },
      {
        to: "/default-routing",
        label: "Default routing",
        icon: Route,
        words: "installation policy order fallback cache compression memory retries",
        show: operator,
      },
      {
        to: "/prices",
        label: "Prices",
        icon: BadgeDollarSign,
        words: "models versions drafts approve import diff",
        show: operator,
      },
      {
        to: "/open-holds",
        label: "Open holds",
        icon: Hourglass,
        words: "calls reconcile unsettled credits held",
        show: operator,
      },
      { to: "/system", label: "System", icon: Activity, words: "health queues version", show: operator },
      { to: "/cache", label: "Cache", icon: Layers, words: "hits redis invalidate tags", show: operator },
      { to: "/limits", label: "Limits", icon: Gauge, words: "rate limits refused overrides", show: operator },
    ],
  },
];

/** The sections that this person may open. */
export const navigationFor = (me: Me): NavSection[] =>
  NAVIGATION.map((section) => ({ ...section, items: section.items.filter((item) => item.show(me)) })).filter(
    (section) => section.items.length > 0,
  );
