/** Static files, as for any server. */
export default { output: 'export' }
