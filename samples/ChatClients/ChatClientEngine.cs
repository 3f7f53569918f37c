using Fulcrum.Models;
using Microsoft.Extensions.AI;

namespace ChatClients;

/// <summary>An engine of one's own: its models are chat clients of any provider.</summary>
/// <param name="clients">By the name under which a study knows a model.</param>
internal sealed class ChatClientEngine(IReadOnlyDictionary<string, IChatClient> clients) : IEngine
{
    public IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>();

    public bool Opens(ModelSource source) => source is ModelSource.Folder folder && clients.ContainsKey(Name(folder));

    public ModelSpec Resolve(ModelSpec model) => model with { Dtype = Dtype.F32, Device = "cpu", Threads = 1 };

    public string DigestOf(ModelSpec model) => Name(model.Source);

    // The provider has the tokenizer and the chat template.
    public PromptEncoding LoadEncoding(ModelSpec model) => PromptEncoding.OfServer;

    public ILanguageModel Open(ModelSpec model) => new Model(clients[Name(model.Source)]);

    private static string Name(ModelSource source) => Path.GetFileName(((ModelSource.Folder)source).Path);

    private sealed class Model(IChatClient client) : ILanguageModel
    {
        public int ContextLength => 1 << 16;

        public void Complete(
            IReadOnlyList<CompletionRequest> requests,
            Action<int, Completion> answered,
            CancellationToken cancellation = default
        )
        {
            for (int i = 0; i < requests.Count; i++)
            {
                ChatResponse reply = client
                    .GetResponseAsync(Messages(requests[i]), Options(requests[i]), cancellation)
                    .Result;
                FinishReason end =
                    reply.FinishReason == ChatFinishReason.Length ? FinishReason.Length : FinishReason.Stop;
                answered(i, new Completion([], [], end, reply.Text));
            }
        }

        // A chat client gives no likelihoods, so a study can only have tasks with written replies.
        public void Score(
            IReadOnlyList<ScoreRequest> requests,
            Action<int, IReadOnlyList<ContinuationScore>> answered,
            CancellationToken cancellation = default
        ) => throw new NotSupportedException("a chat client writes and does not score");

        public void Dispose() => client.Dispose();

        private static IEnumerable<ChatMessage> Messages(CompletionRequest request) =>
            request.Source switch
            {
                PromptSource.Messages chat => chat.Values.Select(m => new ChatMessage(
                    new ChatRole((string)m!["role"]!),
                    (string)m["content"]!
                )),
                PromptSource.Text text => [new ChatMessage(ChatRole.User, text.Value)],
                _ => throw new NotSupportedException("the prompt is known as token ids only"),
            };

        private static ChatOptions Options(CompletionRequest request) =>
            new()
            {
                Temperature = 0,
                MaxOutputTokens = request.MaxNewTokens,
                StopSequences = [.. request.Stops ?? []],
            };
    }
}
