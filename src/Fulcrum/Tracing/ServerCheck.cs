using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Models.Endpoint;
using Fulcrum.Templates;
using Fulcrum.Tokenization;

namespace Fulcrum.Tracing;

/// <summary>Compares a model folder with a server that should serve this model: the prompts that the server makes of
/// conversations, the tokens that it makes of a text, and its context length. No task is measured.</summary>
internal sealed class ServerCheck
{
    private const string Text = "The quick brown fox counts 12 rivers.";

    // One question, a system prompt, several turns.
    private static readonly string[] Conversations =
    [
        """[{"role":"user","content":"How many rivers are there?"}]""",
        """[{"role":"system","content":"Answer briefly."},{"role":"user","content":"How many rivers are there?"}]""",
        """[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi."},{"role":"user","content":"Who?"}]""",
    ];

    private readonly Server server;
    private readonly ServedPrompts prompts;
    private readonly Tokenizer tokenizer;
    private readonly ChatTemplate? template;
    private readonly int? context;

    private ServerCheck(Server server, string folder, string tokenizerFolder)
    {
        this.server = server;
        prompts = new ServedPrompts(server);
        tokenizer = Tokenizer.Load(tokenizerFolder);
        template = ChatTemplate.TryLoad(tokenizerFolder, PromptEncoding.Clock);
        context =
            StrictJson.ReadFile(Path.Combine(folder, "config.json"))?["max_position_embeddings"] is JsonValue value
            && value.TryGetValue(out int length)
                ? length
                : null;
    }

    /// <summary>Returns the differences that the server's routes show.</summary>
    /// <param name="model">The model on the server.</param>
    /// <param name="folder">The folder of the base model.</param>
    /// <param name="tokenizerFolder">The folder whose tokenizer and chat template the fine-tune was trained
    /// with.</param>
    /// <exception cref="InputException">The folder cannot be read.</exception>
    /// <exception cref="FulcrumException">The server does not answer.</exception>
    public static IReadOnlyList<TraceFinding> Compare(
        EndpointModel model,
        string folder,
        string tokenizerFolder,
        CancellationToken cancellation = default
    ) => new ServerCheck(model.Server, folder, tokenizerFolder).All(cancellation).GetAwaiter().GetResult();

    private async Task<IReadOnlyList<TraceFinding>> All(CancellationToken cancellation) =>
        [
            .. new[]
            {
                await TextTokens(cancellation),
                SystemPrompt() ?? await Template(cancellation),
                await Context(cancellation),
            }.OfType<TraceFinding>(),
        ];

    private async Task<TraceFinding?> TextTokens(CancellationToken cancellation)
    {
        int[] wanted = tokenizer.EncodeInput(Text);
        if (await prompts.OfText(Text, cancellation) is not { } served)
        {
            return null;
        }

        if (served.Ids is { } ids)
        {
            return ids.SequenceEqual(wanted)
                ? null
                : Finding(
                    DifferByFirstToken(ids, wanted) ? TraceCause.Bos : TraceCause.PreTokenizer,
                    $"the tokenizer makes {List(wanted)} of the text '{Text}', the server {List(ids)}"
                );
        }

        return served.Count is not { } count || count == wanted.Length
            ? null
            : Finding(
                Math.Abs(count - wanted.Length) == 1 ? TraceCause.Bos : TraceCause.PreTokenizer,
                $"the tokenizer makes {wanted.Length} tokens of the text '{Text}', the server counts {count}"
                    + (Math.Abs(count - wanted.Length) == 1 ? ": a begin token (BOS) is put before it on one side" : "")
            );
    }

    private TraceFinding? SystemPrompt() =>
        server.Facts.SystemPrompt is { } system
            ? Finding(
                TraceCause.Template,
                $"the server puts the system prompt '{Printable.Excerpt(system, 120)}' before conversations "
                    + "without one, the folder's chat template does not"
            )
            : null;

    private async Task<TraceFinding?> Template(CancellationToken cancellation)
    {
        foreach (string conversation in Conversations)
        {
            JsonArray messages = JsonNode.Parse(conversation)!.AsArray();
            if (Rendered(messages) is not { } wanted)
            {
                continue; // a template may refuse a system message
            }

            if (
                await prompts.OfMessages(messages, cancellation) is { } served
                && Difference(wanted, served) is { } difference
            )
            {
                return Finding(TraceCause.Template, difference);
            }
        }

        return null;
    }

    private string? Difference(string wanted, ServedPrompt served)
    {
        if (served.Text is { } text)
        {
            return WithoutBos(text) == WithoutBos(wanted)
                ? null
                : $"the folder's chat template makes {Around(wanted, text)} of a conversation, the server "
                    + $"{Around(text, wanted)}";
        }

        int[] ids = tokenizer.Encode(wanted);
        return served.Ids is { } found
            ? found.SequenceEqual(ids)
                ? null
                : $"the folder's chat template makes {List(ids)} of a conversation, the server {List(found)}"
            : served.Count is not { } count || count == ids.Length
                ? null
                : $"the folder's chat template makes {ids.Length} tokens of a conversation, the server counts {count}";
    }

    private async Task<TraceFinding?> Context(CancellationToken cancellation) =>
        await prompts.ContextLength(cancellation) is { } served && context is { } wanted && served != wanted
            ? Finding(TraceCause.Context, $"config.json names a context of {wanted} tokens, the server uses {served}")
            : null;

    private string? Rendered(JsonArray messages)
    {
        try
        {
            return template?.Render(messages, addGenerationPrompt: true);
        }
        catch (InputException)
        {
            return null;
        }
    }

    // A server may remove the begin token from the rendered text, because its tokenizer adds it again.
    private string WithoutBos(string text) =>
        tokenizer.BosId is { } id
        && tokenizer.Decode([id], skipSpecialTokens: false) is { Length: > 0 } bos
        && text.StartsWith(bos, StringComparison.Ordinal)
            ? text[bos.Length..]
            : text;

    // Whether one side only has an additional first token.
    private static bool DifferByFirstToken(IReadOnlyList<int> found, int[] wanted) =>
        found.Skip(1).SequenceEqual(wanted) || wanted.Skip(1).SequenceEqual(found);

    private static string List(IReadOnlyList<int> ids) =>
        $"the tokens {string.Join(' ', ids.Take(12))}{(ids.Count > 12 ? " …" : "")}";

    // Quotes a text from 24 characters before its first difference to the other text.
    private static string Around(string text, string other)
    {
        int common = text.AsSpan().CommonPrefixLength(other);
        return $"'{Printable.Excerpt(text[Math.Max(0, common - 24)..], 120)}'";
    }

    private static TraceFinding Finding(TraceCause cause, string detail) => new(TraceRung.Server, cause, detail);
}
