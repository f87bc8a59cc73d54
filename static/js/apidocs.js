// The API documentation, rendered by Swagger UI without requests to any other host.
const place = document.getElementById("api-docs");
const chosen = document.documentElement.dataset.theme;
const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
document.documentElement.classList.toggle("dark-mode", dark);

window.SwaggerUIBundle({
  url: place.dataset.openapi,
  domNode: place,
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
});
