/**
 * What the page knew when it sent somebody to the payment company: enough to show, on return, how far the purchase is.
 * Kept in this tab only; without it the return page still works from the session alone.
 */
export type PurchaseMemory = { paymentId: string; creditsMicros: number; beforeMicros: number };

const keyOf = (sessionId: string) => `holdfast.purchase.${sessionId}`;

export function rememberPurchase(sessionId: string, memory: PurchaseMemory): void {
  sessionStorage.setItem(keyOf(sessionId), JSON.stringify(memory));
}

export function recallPurchase(sessionId: string): PurchaseMemory | null {
  const text = sessionStorage.getItem(keyOf(sessionId));
  return text === null ? null : (JSON.parse(text) as PurchaseMemory);
}
