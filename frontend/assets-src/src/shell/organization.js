// Each tab acts in one organisation and keeps to it when it is loaded again, whatever other tabs have chosen since.
const KEPT = "lx-organization";

// Whether the page is about to be loaded again, for the organisation of this tab.
export function keepToOrganization(here, own) {
  const address = new URL(location.href);
  const asked = address.searchParams.has("organization");
  const kept = sessionStorage.getItem(KEPT);
  if (!asked && kept && kept !== here && own.includes(kept)) {
    address.searchParams.set("organization", kept);
    location.replace(address);
    return true;
  }
  sessionStorage.setItem(KEPT, here);
  document.cookie = `chatter_organization=${encodeURIComponent(here)}; path=/; max-age=31536000; samesite=lax`;
  if (asked) {
    address.searchParams.delete("organization");
    history.replaceState(history.state, "", address);
  }
  return false;
}
