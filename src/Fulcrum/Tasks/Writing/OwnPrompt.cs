using Fulcrum.Models;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Writing;

/// <summary>The prompt of a task of one's own; measuring and training use the same.</summary>
public static class OwnPrompt
{
    /// <summary>The prompt of one input.</summary>
    /// <param name="system">The system message; in plain text it stands before the input.</param>
    public static Prompt Of(PromptForm form, string? system, string input) =>
        form == PromptForm.Plain
            ? new Prompt.Text(system is null ? input : $"{system}\n\n{input}")
            : new Prompt.Chat([
                .. system is null ? [] : (Message[])[new Message("system", system)],
                new Message("user", input),
            ]);
}
