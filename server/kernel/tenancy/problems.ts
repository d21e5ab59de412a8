import { problems } from "../../platform/problem.ts";

export const tenancyProblems = problems({
  mode_unavailable: [403, "This installation has no keys of that mode"],
  above_own_role: [403, "This is above your own role"],
  rank: [403, "Your rank does not reach that far"],
  address_not_allowed: [403, "Not from this address"],
  other_address: [403, "This invitation is for another address"],
  too_many_organizations: [409, "You are in as many organizations as one person may be"],
  sso_required: [403, "This organization asks you to sign in with its own sign-in"],
  domain_unproven: [409, "The domain is not proven yet"],
  domain_taken: [409, "Another organization has proven this domain"],
  slug_taken: [409, "This slug is taken"],
  personal_organization: [409, "A personal organization goes with its person"],
  last_owner: [409, "One owner must remain"],
  last_organization: [409, "This is your only organization"],
  owner_holds_all: [409, "An owner holds every permission"],
  duplicate: [409, "This address is a member or invited already"],
  seat_limit: [409, "All seats are taken"],
  invitation_spent: [410, "This invitation was used, withdrawn or has expired"],
});
