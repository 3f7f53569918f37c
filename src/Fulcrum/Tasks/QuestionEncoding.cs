using Fulcrum.Models;

namespace Fulcrum.Tasks;

/// <summary>Turns questions into a model's requests, and completions into replies.</summary>
internal static class QuestionEncoding
{
    extension(PromptEncoding encoding)
    {
        /// <summary>Returns the request for a choice.</summary>
        public ScoreRequest Score(Question.Choose question) => encoding.Score(question.Prompt, question.Continuations);

        /// <summary>Returns the request for a completion.</summary>
        public CompletionRequest Complete(Question.Write question) =>
            encoding.Complete(question.Prompt, question.MaxNewTokens, question.Stops, question.Sampling);

        /// <summary>Returns the request for a reply in the way of lm-evaluation-harness.</summary>
        /// <param name="contextLength">Of the model, in tokens.</param>
        public CompletionRequest Complete(Question.Continue question, int contextLength) =>
            encoding.Continue(question.Prompt, question.MaxNewTokens, question.Stops, contextLength);

        /// <summary>Returns the reply of a completion: its text without end tokens, cut before the first stop text.
        /// </summary>
        public Reply.Written Written(Completion completion, Question.Write question)
        {
            string text = completion.Text ?? encoding.TextOf(completion.Ids);
            int cut = question
                .Stops.Select(s => text.IndexOf(s, StringComparison.Ordinal))
                .Where(i => i >= 0)
                .DefaultIfEmpty(text.Length)
                .Min();
            return new Reply.Written(text[..cut], completion.Finish, completion.Ids.Count);
        }

        /// <summary>Returns the reply of a completion: without special tokens, cut at each stop text, one after the
        /// other.</summary>
        public Reply.Written Written(Completion completion, Question.Continue question)
        {
            string text = question
                .Stops.Where(s => s.Length > 0)
                .Aggregate(completion.Text ?? encoding.VisibleTextOf(completion.Ids), (t, s) => t.Split(s)[0]);
            return new Reply.Written(text, completion.Finish, completion.Ids.Count);
        }
    }
}
