// Gives the keyboard to the dashboard as soon as it draws: nobody should have to click first.
new MutationObserver((_changes, watcher) => {
  const keyboard = document.querySelector(".xterm-helper-textarea");
  if (keyboard && document.body.classList.contains("-first-byte")) {
    watcher.disconnect();
    keyboard.focus();
  }
}).observe(document.documentElement, { attributes: true, childList: true, subtree: true });
