import { problems } from "../problem.ts";

export const jobProblems = problems({
  job_finished: [409, "The job has ended already"],
  job_not_retryable: [409, "Only a job that failed, ended in part or was cancelled can be run again"],
});
