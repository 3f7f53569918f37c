using Fulcrum.Models;
using Fulcrum.Templates;
using Microsoft.Extensions.AI;

namespace ChatClients;

/// <summary>A tuned model as a chat client: whatever is written for <c>Microsoft.Extensions.AI</c> can ask
/// it.</summary>
/// <param name="model">Is disposed with the client.</param>
internal sealed class TunedChatClient(ILanguageModel model, PromptEncoding encoding) : IChatClient
{
    private readonly Lock one = new();

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        Prompt prompt = new Prompt.Chat([.. messages.Select(m => new Message(m.Role.Value, m.Text))]);
        CompletionRequest request = encoding.Complete(
            prompt,
            options?.MaxOutputTokens ?? 256,
            [.. options?.StopSequences ?? []],
            options?.Temperature is > 0 and float heat ? new Sampling(heat, Seed: options.Seed ?? 0) : null
        );
        Completion? reply = null;
        lock (one)
        {
            model.Complete([request], (_, completion) => reply = completion, cancellationToken);
        }

        bool cut = reply!.Finish == FinishReason.Length;
        ChatResponse response = new(new ChatMessage(ChatRole.Assistant, encoding.TextOf(reply.Ids)))
        {
            FinishReason = cut ? ChatFinishReason.Length : ChatFinishReason.Stop,
            Usage = new UsageDetails { InputTokenCount = request.Prompt.Length, OutputTokenCount = reply.Ids.Count },
        };
        return Task.FromResult(response);
    }

    // The model gives a reply when it is complete.
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ChatResponse reply = await GetResponseAsync(messages, options, cancellationToken);
        foreach (ChatResponseUpdate update in reply.ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => model.Dispose();
}
