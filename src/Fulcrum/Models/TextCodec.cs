using System.Text.Json.Nodes;

namespace Fulcrum.Models;

/// <summary>How a model's texts become token ids and back.</summary>
/// <param name="Encode">Text to ids; true adds the special tokens that the model's tokenizer adds to a text.</param>
/// <param name="Decode">Ids to text, special tokens included.</param>
/// <param name="Render">Messages, and additional variables of the template, to the text of a prompt by the model's chat
/// template.</param>
/// <param name="Start">The token that stands before a continuation whose prompt is empty: the begin token,
/// otherwise the end token; null if the tokenizer has neither.</param>
internal sealed record TextCodec(
    Func<string, bool, int[]> Encode,
    Func<IReadOnlyList<int>, string> Decode,
    Func<JsonArray, IReadOnlyDictionary<string, JsonNode?>?, string> Render,
    int? Start = null
);
