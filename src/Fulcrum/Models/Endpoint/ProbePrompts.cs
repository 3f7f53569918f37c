using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>Prompts of the small requests that find out what a server supports.</summary>
internal static class ProbePrompts
{
    // Each prompt is used if the completion of the one before it is too short to compare.
    private static readonly string[] Texts =
    [
        "The river runs past the old mill and",
        "On Monday the baker sold twelve loaves of",
        "Milk, bread, butter,\n",
        "One, two, three, four,",
        "Question: What is the capital of France?\nAnswer:",
        "She opened the door (",
        "x = 12 + 30\n",
        "Dear Sir or Madam,\n\n",
    ];

    // For a model without a known tokenizer: ids that every vocabulary has.
    private static readonly int[][] AnyIds =
    [
        [15, 16, 17, 18],
        [30, 31, 32, 33, 34],
        [50, 49, 48, 47],
        [66, 70, 74],
    ];

    /// <summary>The number of prompts.</summary>
    public static int Count => Texts.Length;

    /// <summary>Returns a prompt as text.</summary>
    public static string Text(int which) => Texts[which];

    /// <summary>Returns a prompt as token ids.</summary>
    public static int[] Ids(Server server, int which) =>
        server.Tokens.AreKnown ? server.Tokens.Encode(Texts[which]) : AnyIds[which % AnyIds.Length];

    /// <summary>Returns a prompt in the form that the server accepts.</summary>
    public static JsonNode Prompt(Server server, PromptForm form, int which) =>
        form == PromptForm.Text ? JsonValue.Create(Texts[which]) : Server.Array(Ids(server, which));
}
