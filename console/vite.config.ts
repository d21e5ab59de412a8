import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `vite dev` finds the API; the built console is served by the server itself. */
const api = process.env.HOLDFAST_API ?? "http://127.0.0.1:3000";

export default defineConfig({
  plugins: [react(), tailwind()],
  build: {
    target: "es2022",
    // The content security policy allows no data: fonts or scripts.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
            {
              name: "plots",
              test: /node_modules[\\/](recharts|d3-|victory-vendor|@reduxjs|react-redux|immer)/,
            },
          ],
        },
      },
    },
  },
  server: { proxy: { "/api": api, "/v1": api, "/checkout": api } },
});
