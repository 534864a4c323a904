// Asks the server for reports.
//
// Responsible for: addresses, refusals, all rows of what has few. Not responsible for: which reports, and showing them.

/** A refusal, with its number; or a server out of reach, with none. */
export class Refused extends Error {
  constructor(message, number) {
    super(message);
    this.number = number;
  }
}

async function get(path, key, signal) {
  let response;
  try {
    response = await fetch(path, { headers: { Authorization: `Bearer ${key}` }, signal });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refused('The server is out of reach.');
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Refused(problem.detail ?? `The server answered ${response.status}.`, problem.number);
}

/** The stores, by code. */
export async function stores(key, signal) {
  const { locations } = await (await get('/v1/locations', key, signal)).json();
  return locations;
}

const address = (kind, question) => {
  const given = Object.entries(question).filter(([, value]) => value !== '' && value !== undefined);
  return `/v1/reports/${kind}?${new URLSearchParams(given)}`;
};

/** One page of a report: of what has few rows, all of it. */
export async function report(kind, question, key, signal) {
  return (await get(address(kind, { limit: 1000, ...question }), key, signal)).json();
}

/** A report as a file, handed to the browser. */
export async function download(kind, question, key) {
  const response = await get(address(kind, { ...question, format: 'csv' }), key);
  const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? `${kind}.csv`;
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
