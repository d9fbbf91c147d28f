// What one could say first, by role.

const CUSTOMER = ["Where is my order?", "How do I reset my password?", "Talk to a human"];

const PROMPTS = {
  rep: ["What's in my pipeline?", "Log a deal with Initech, 40k, closing end of March", "What's on my plate today?"],
  manager: ["Forecast for this quarter", "Pipeline by stage as a chart", "What changed since Monday?"],
  support: ["Show open tickets", "What's on my plate today?", "What can you do?"],
  marketer: ["What's on my plate today?", "Who am I?", "What can you do?"],
  admin: ["Pipeline by stage as a chart", "Which deals are going cold?", "What can you do?"],
  customer: CUSTOMER,
  visitor: ["How do I reset my password?", "When are you open?", "Talk to a human"],
};

const WELCOMES = {
  rep: "Log deals, calls and reminders, or ask about your pipeline. Just write as you would to a colleague.",
  manager: "Ask for the forecast, what changed, or how the team is doing. Just write as you would to a colleague.",
  customer: "Ask about an order or an invoice, get help with a problem, or talk to one of us.",
  visitor: "Ask a question, report a problem, or talk to one of us.",
};

export const promptsFor = (role) => PROMPTS[role] ?? CUSTOMER;
export const welcomeFor = (role) => WELCOMES[role] ?? "Just write as you would to a colleague.";
