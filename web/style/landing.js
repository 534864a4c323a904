// Writes this server's own address into the example, so that it can be copied as it is.
const snippet = document.getElementById('snippet');
snippet.textContent = snippet.textContent.replace('/widget/', `${location.origin}/widget/`);
