/** Somebody on OpenRouter's page, with the account of the sandbox's world that this key belongs to. */
export async function agreeAtOpenRouter(
  pageUrl: string,
  apiKey: string,
  person = "ok",
): Promise<{ state: string; code: string }> {
  const account = /^sk-or-v1-(.+)-[0-9a-f]{32}$/.exec(apiKey)?.[1];
  if (!account) throw new Error("the key names no world");
  const url = new URL(pageUrl);
  url.searchParams.set("account", account);
  const answer = await fetch(url, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ person }),
  });
  const back = answer.headers.get("location");
  if (back === null) throw new Error(`the page did not send the browser back: ${answer.status}`);
  const { searchParams } = new URL(back);
  return { state: searchParams.get("state") ?? "", code: searchParams.get("code") ?? "" };
}
